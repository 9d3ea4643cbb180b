using Weft.Compile.Registry;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Workloads;

/// <summary>
/// The ports of a workload: those that services lead to, by their protocol, and those its containers declare, detected. Where a Sidecar has
/// ingress listeners, they say what is known of their ports; the others can still be reached, as in Istio.
/// </summary>
internal sealed class InboundPorts(MeshIndex index, MutualTlsModes modes)
{
    private readonly ILookup<string, ServiceConfig> _services = index.Registry.All.ToLookup(s => s.Namespace, StringComparer.Ordinal);

    public IEnumerable<InboundPort> For(WorkloadConfig workload, Resource? pod, ClientScope scope)
    {
        SortedDictionary<uint, InboundPort> ports = Declared(workload, pod, scope);
        Resource? sidecar = index.Sidecars.For(scope);
        AppPool? pool = IngressListener.PoolOf(sidecar);
        foreach (InboundPort port in ports.Values)
        {
            port.Pool = pool ?? port.Pool;
        }
        // Of two listeners for one port the first holds.
        foreach (IngressListener listener in IngressListener.Of(sidecar).DistinctBy(l => l.Port))
        {
            InboundPort? known = ports.GetValueOrDefault(listener.Port);
            InboundPort port = Port(workload, listener.Port, new ServicePortConfig(listener.Port, listener.Name, listener.Protocol, ""), known?.Service ?? "");
            port.Pool = known?.Pool;
            listener.Write(port, workload.Namespace);
            ports[listener.Port] = port;
        }
        return ports.Values;
    }

    private SortedDictionary<uint, InboundPort> Declared(WorkloadConfig workload, Resource? pod, ClientScope scope)
    {
        SortedDictionary<uint, InboundPort> ports = [];
        foreach (ServiceConfig service in _services[workload.Namespace])
        {
            foreach (ServicePortConfig port in service.Ports)
            {
                if (index.Endpoints.PortOf(service, port, workload) is > 0 and var target && Add(ports, workload, target, port, service))
                {
                    ports[target].Pool = PoolOf(service, port, scope);
                }
            }
        }
        foreach (Field declared in new Field(pod?.Spec)["containers"].Items.Where(c => c["name"].Text is not ("istio-proxy" or "weft-proxy")).SelectMany(c => c["ports"].Items))
        {
            if (declared["containerPort"].Number is { } number and > 0
                && PortProtocol.Select(number, declared["name"].Text, declared["protocol"].Text, "") is { } protocol)
            {
                Add(ports, workload, number, new ServicePortConfig(number, declared["name"].Text, protocol, ""), null);
            }
        }
        return ports;
    }

    /// <summary>The limits of the service's rule hold at the server as well: there they are what all clients together may have (Istio).</summary>
    private AppPool? PoolOf(ServiceConfig service, ServicePortConfig port, ClientScope scope) =>
        IngressListener.PoolOf(TrafficPolicy.For(default, index.DestinationRules.For(service.Host, service.Namespace, scope), null, port.Number));

    /// <summary>A protocol that a service names wins over one still to be detected.</summary>
    private bool Add(SortedDictionary<uint, InboundPort> ports, WorkloadConfig workload, uint number, ServicePortConfig port, ServiceConfig? service)
    {
        if (ports.TryGetValue(number, out InboundPort? known) && (known.Protocol != AppProtocol.Detect || port.Protocol == AppProtocol.Detect || service is null))
        {
            return false;
        }
        ports[number] = Port(workload, number, port, service?.Host ?? "");
        return true;
    }

    private InboundPort Port(WorkloadConfig workload, uint number, ServicePortConfig port, string service)
    {
        (InboundPort.Types.Mtls mode, Origin? origin) = modes.For(workload, number);
        return new InboundPort { Port = number, Protocol = port.Protocol, Name = port.Name, Mtls = mode, MtlsOrigin = origin, Service = service };
    }
}
