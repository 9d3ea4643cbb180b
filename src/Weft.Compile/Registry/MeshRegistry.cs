using Weft.Dialects.Istio;
using Weft.Dialects.Kubernetes;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Registry;

/// <summary>Every service and workload of a snapshot, indexed once. Immutable after construction, apart from lazily read pods.</summary>
internal sealed class MeshRegistry
{
    private readonly Dictionary<string, List<ServiceConfig>> _byHost = new(StringComparer.Ordinal);
    private readonly List<ServiceConfig> _wildcards = [];

    public MeshRegistry(ResourceSnapshot snapshot, string clusterDomain)
    {
        Workloads = new WorkloadIndex(snapshot);
        foreach (Resource service in snapshot.OfKind("", "Service"))
        {
            Add(ServiceReader.Read(service, clusterDomain));
        }
        foreach (Resource entry in snapshot.OfKind(IstioKinds.Networking, "ServiceEntry").Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            foreach (ServiceConfig service in ServiceEntryReader.Read(entry))
            {
                Add(service);
            }
        }
        _wildcards.Sort(static (a, b) => HostNames.CompareSpecificity(a.Host, b.Host));
        All = [.. _byHost.Values.SelectMany(s => s).OrderBy(s => s.Host, StringComparer.Ordinal)];
    }

    public WorkloadIndex Workloads { get; }

    /// <summary>By host; the same host may stand here for several namespaces.</summary>
    public IReadOnlyList<ServiceConfig> All { get; }

    /// <summary>The service of exactly that name as a namespace sees it: a Service before entries, its own before others', then the oldest.</summary>
    public ServiceConfig? Find(string host, string fromNamespace)
    {
        if (!_byHost.TryGetValue(host, out List<ServiceConfig>? found))
        {
            return null;
        }
        ServiceConfig? best = null;
        foreach (ServiceConfig service in found)
        {
            if (service.Visibility.Includes(fromNamespace) && (best is null || Rank(service, fromNamespace) < Rank(best, fromNamespace)))
            {
                best = service;
            }
        }
        return best;
    }

    /// <summary>As <see cref="Find"/>; a name that nobody has may lie under a wildcard entry.</summary>
    public ServiceConfig? Resolve(string host, string fromNamespace) =>
        Find(host, fromNamespace) ?? _wildcards.FirstOrDefault(w => HostNames.Covers(w.Host, host) && w.Visibility.Includes(fromNamespace));

    private static int Rank(ServiceConfig service, string fromNamespace) =>
        !service.IsServiceEntry ? 0 : service.Namespace == fromNamespace ? 1 : 2;

    private void Add(ServiceConfig service)
    {
        if (!_byHost.TryGetValue(service.Host, out List<ServiceConfig>? same))
        {
            _byHost[service.Host] = same = [];
        }
        same.Add(service);
        if (HostNames.IsWildcard(service.Host))
        {
            _wildcards.Add(service);
        }
    }
}
