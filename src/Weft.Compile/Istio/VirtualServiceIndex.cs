using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Istio;

/// <summary>All VirtualServices of a snapshot, oldest first.</summary>
internal sealed class VirtualServiceIndex
{
    private readonly Dictionary<string, VirtualServiceConfig> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<VirtualServiceConfig>> _meshByHost = new(StringComparer.Ordinal);
    private readonly List<(string Host, VirtualServiceConfig Service)> _meshWildcards = [];
    private readonly List<VirtualServiceConfig> _all = [];

    public VirtualServiceIndex(ResourceSnapshot snapshot, string clusterDomain)
    {
        foreach (Resource resource in snapshot.OfKind(IstioKinds.Networking, "VirtualService").Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            VirtualServiceConfig service = new(resource, clusterDomain);
            _all.Add(service);
            _byName[$"{resource.Namespace}/{resource.Name}"] = service;
            foreach (string host in service.IsForMesh ? service.Hosts : [])
            {
                if (HostNames.IsWildcard(host))
                {
                    _meshWildcards.Add((host, service));
                }
                else if (_meshByHost.TryGetValue(host, out List<VirtualServiceConfig>? same))
                {
                    same.Add(service);
                }
                else
                {
                    _meshByHost[host] = [service];
                }
            }
        }
        // Stable, so that age still decides between equal hosts.
        _meshWildcards = [.. _meshWildcards.OrderByDescending(w => w.Host.Length)];
    }

    public IReadOnlyList<VirtualServiceConfig> All => _all;

    /// <summary>Exact names, then wildcards.</summary>
    public IEnumerable<string> MeshHosts => _meshByHost.Keys.Concat(_meshWildcards.Select(w => w.Host).Distinct());

    public VirtualServiceConfig? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// Who routes a host in the mesh, best first: exact hosts before wildcards, longer wildcards before shorter; within one
    /// host a private one of the caller's namespace, then one exported to it by name, then public ones, each by age.
    /// </summary>
    public IEnumerable<VirtualServiceConfig> ForMesh(string host, string callerNamespace)
    {
        IEnumerable<VirtualServiceConfig> exact = Ranked(_meshByHost.GetValueOrDefault(host) ?? [], callerNamespace);
        IEnumerable<VirtualServiceConfig> wild = _meshWildcards.Where(w => HostNames.Covers(w.Host, host)).GroupBy(w => w.Host)
            .SelectMany(g => Ranked(g.Select(w => w.Service), callerNamespace));
        return exact.Concat(wild);
    }

    private static IEnumerable<VirtualServiceConfig> Ranked(IEnumerable<VirtualServiceConfig> services, string callerNamespace) =>
        services.Where(s => s.Visibility.Includes(callerNamespace)).OrderBy(s => Rank(s, callerNamespace));

    private static int Rank(VirtualServiceConfig service, string callerNamespace) =>
        service.Visibility.IsPublic ? 2 : service.Visibility.IsPrivate && service.Resource.Namespace == callerNamespace ? 0 : 1;
}
