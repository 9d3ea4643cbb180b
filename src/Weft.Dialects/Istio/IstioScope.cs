using Weft.Dialects.Registry;

namespace Weft.Dialects.Istio;

/// <summary>
/// For whom a VirtualService is read: the caller's namespace and labels, the gateways it is ("mesh" for a sidecar, else
/// "namespace/name" of each Gateway it serves) and the port that the request came in by.
/// </summary>
public sealed record IstioScope(string Namespace, IReadOnlyDictionary<string, string> Labels, IReadOnlyCollection<string> Gateways, uint Port)
{
    public const string Mesh = "mesh";
}

/// <summary>What a translation asks the registry. <paramref name="Find"/>: a service by its full name as seen from the caller, or null.</summary>
public sealed record IstioNames(string ClusterDomain, Func<string, ServiceConfig?> Find)
{
    /// <summary>The Cluster resource name of a destination; unknown hosts keep their name, so that the route says 503 and not something else.</summary>
    internal string Cluster(string host, string ns, uint? port, string subset, uint listenerPort)
    {
        string full = HostNames.Complete(host, ns, ClusterDomain);
        ServiceConfig? service = Find(full);
        uint number = port ?? (service?.Ports.Count == 1 ? service.Ports[0].Number : listenerPort);
        return subset.Length > 0 ? $"{full}:{number}|{subset}" : $"{full}:{number}";
    }
}
