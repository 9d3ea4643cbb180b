using Weft.Dialects.Istio;
using Weft.Dialects.Kubernetes;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Registry;

/// <summary>Pods, WorkloadEntries and slices of a snapshot.</summary>
internal sealed class WorkloadIndex
{
    private readonly Dictionary<string, WorkloadConfig> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Resource> _podResources = new(StringComparer.Ordinal);
    private readonly ILookup<string, WorkloadConfig> _podsByNamespace;
    private readonly Dictionary<string, WorkloadConfig> _entries;
    private readonly ILookup<string, WorkloadConfig> _entriesByNamespace;
    private readonly ILookup<string, SliceEndpoint> _slices;

    public WorkloadIndex(ResourceSnapshot snapshot)
    {
        foreach (Resource pod in snapshot.OfKind("", "Pod"))
        {
            Resource? node = pod.Spec?["nodeName"] is { } name ? snapshot.Find(new ResourceKey("", "Node", "", name.ToString())) : null;
            string full = $"{pod.Namespace}/{pod.Name}";
            _podResources[full] = pod;
            _pods[full] = PodReader.Read(pod, node);
        }
        _podsByNamespace = _pods.Values.ToLookup(p => p.Namespace, StringComparer.Ordinal);
        WorkloadConfig[] entries = [.. snapshot.OfKind(IstioKinds.Networking, "WorkloadEntry").Select(WorkloadEntryReader.Read)];
        _entries = entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        _entriesByNamespace = entries.ToLookup(e => e.Namespace, StringComparer.Ordinal);
        _slices = Slices(snapshot).ToLookup(s => s.Service, s => s.Endpoint, StringComparer.Ordinal);
    }

    public IEnumerable<Resource> Pods => _podResources.Values;

    public Resource? PodResource(string name) => _podResources.GetValueOrDefault(name);

    public WorkloadConfig? Pod(string name) => _pods.GetValueOrDefault(name);

    /// <summary>A WorkloadEntry by "namespace/name".</summary>
    public WorkloadConfig? Entry(string name) => _entries.GetValueOrDefault(name);

    public IEnumerable<WorkloadConfig> PodsOf(string ns) => _podsByNamespace[ns];

    public IEnumerable<WorkloadConfig> EntriesOf(string ns) => _entriesByNamespace[ns];

    /// <summary>Of a Service, "namespace/name".</summary>
    public IEnumerable<SliceEndpoint> SlicesOf(string service) => _slices[service];

    /// <summary>Slices where a service has them; the older Endpoints object only where it has none.</summary>
    private IEnumerable<(string Service, SliceEndpoint Endpoint)> Slices(ResourceSnapshot snapshot)
    {
        HashSet<string> sliced = new(StringComparer.Ordinal);
        foreach (Resource slice in snapshot.OfKind("discovery.k8s.io", "EndpointSlice"))
        {
            if (slice.Labels.TryGetValue(SliceReader.ServiceLabel, out string? name))
            {
                string service = $"{slice.Namespace}/{name}";
                sliced.Add(service);
                foreach (SliceEndpoint endpoint in SliceReader.ReadSlice(slice, Pod))
                {
                    yield return (service, endpoint);
                }
            }
        }
        foreach (Resource endpoints in snapshot.OfKind("", "Endpoints"))
        {
            string service = $"{endpoints.Namespace}/{endpoints.Name}";
            foreach (SliceEndpoint endpoint in sliced.Contains(service) ? [] : SliceReader.ReadEndpoints(endpoints, Pod))
            {
                yield return (service, endpoint);
            }
        }
    }
}
