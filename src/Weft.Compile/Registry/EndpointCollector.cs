using Weft.Dialects.Kubernetes;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Compile.Registry;

/// <summary>Who serves a port of a service: pods and entries by selector, slices, addresses written into an entry.</summary>
internal sealed class EndpointCollector(MeshRegistry registry, string trustDomain)
{
    private const uint WeightMax = 1 << 16;

    /// <param name="labels">Of the subset; empty takes all.</param>
    public EndpointSet Collect(string name, ServiceConfig service, ServicePortConfig port, IReadOnlyDictionary<string, string> labels)
    {
        EndpointSet set = new() { Name = name };
        IEnumerable<Endpoint> endpoints = Serving(service, port)
            .Where(s => (s.Workload.Ready || s.Workload.Draining) && labels.Selects(s.Workload.Labels) && s.Workload.Address.Length > 0 && s.Port > 0)
            .Select(s => Endpoint(s.Workload, s.Port))
            .DistinctBy(e => (e.Address, e.Port, e.TargetPort))
            .OrderBy(e => e.Workload, StringComparer.Ordinal).ThenBy(e => e.Address, StringComparer.Ordinal).ThenBy(e => e.Port);
        set.Endpoints.AddRange(endpoints);
        return set;
    }

    /// <summary>Every workload behind a port, ready or not, with the port that its application listens on.</summary>
    public IEnumerable<(WorkloadConfig Workload, uint Port)> Serving(ServiceConfig service, ServicePortConfig port)
    {
        if (service.IsServiceEntry)
        {
            IEnumerable<WorkloadConfig> selected = service.Selector is { } chosen
                ? registry.Workloads.EntriesOf(service.Namespace).Concat(registry.Workloads.PodsOf(service.Namespace)).Where(w => chosen.Selects(w.Labels))
                : service.Endpoints;
            return selected.Select(w => (w, TargetPort(w, port)));
        }
        SliceEndpoint[] slices = [.. registry.Workloads.SlicesOf($"{service.Namespace}/{service.Resource.Name}")];
        IEnumerable<(WorkloadConfig, uint)> entries = service.Selector is { Count: > 0 } selector
            ? registry.Workloads.EntriesOf(service.Namespace).Where(w => selector.Selects(w.Labels)).Select(w => (w, TargetPort(w, port)))
            : [];
        if (slices.Length > 0)
        {
            return slices.Where(s => s.Ports.ContainsKey(port.Name)).Select(s => (s.Workload, s.Ports[port.Name])).Concat(entries);
        }
        return service.Selector is { Count: > 0 } pods
            ? registry.Workloads.PodsOf(service.Namespace).Where(w => pods.Selects(w.Labels)).Select(w => (w, TargetPort(w, port))).Concat(entries)
            : [];
    }

    /// <summary>The port by which one workload serves; 0 when it does not. Selectors are asked directly: walking all pods for every pod would be quadratic.</summary>
    public uint PortOf(ServiceConfig service, ServicePortConfig port, WorkloadConfig workload)
    {
        IReadOnlyDictionary<string, string> selector = service.Selector ?? new Dictionary<string, string>();
        bool bySelector = selector.Count > 0 && !registry.Workloads.SlicesOf($"{service.Namespace}/{service.Resource.Name}").Any();
        if (bySelector)
        {
            return service.Namespace == workload.Namespace && selector.Selects(workload.Labels) ? TargetPort(workload, port) : 0;
        }
        return Serving(service, port).Where(s => s.Workload.Name == workload.Name && s.Workload.Name.Length > 0).Select(s => s.Port).FirstOrDefault();
    }

    /// <summary>0: the workload has no port of that name.</summary>
    public static uint TargetPort(WorkloadConfig workload, ServicePortConfig port)
    {
        if (workload.PortsByServiceName && workload.Ports.TryGetValue(port.Name, out uint own))
        {
            return own;
        }
        if (port.TargetPort.Length == 0)
        {
            return port.Number;
        }
        if (uint.TryParse(port.TargetPort, out uint number))
        {
            return number == 0 ? port.Number : number;
        }
        return workload.Ports.TryGetValue(port.TargetPort, out uint named) ? named : workload.PortsByServiceName ? port.Number : 0;
    }

    private Endpoint Endpoint(WorkloadConfig workload, uint port)
    {
        bool behindProxy = workload.InboundPort > 0;
        Endpoint endpoint = new()
        {
            Address = behindProxy ? workload.InboundAddress : workload.Address,
            Port = behindProxy ? workload.InboundPort : port,
            TargetPort = port,
            PeerProtocol = workload.PeerProtocol,
            Identity = workload.InMesh && SpiffeId.TryParse($"spiffe://{trustDomain}/ns/{workload.Namespace}/sa/{workload.ServiceAccount}", out SpiffeId? id) ? id.Text : "",
            Weight = Math.Min(workload.Weight, WeightMax),
            Locality = workload.Locality,
            Draining = workload.Draining,
            Workload = workload.Name,
            UnixSocket = workload.InboundSocket,
            Host = workload.Host,
        };
        foreach ((string name, string value) in workload.Labels)
        {
            endpoint.Labels[name] = value;
        }
        return endpoint;
    }
}
