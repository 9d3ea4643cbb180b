using Weft.Model.V1;
using Weft.Policy.Retries;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Frontends;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Proxy.Outbound;

/// <summary>Requests of the application to others. One per connection; its loop only.</summary>
internal sealed class OutboundHttp(ProxyLoop loop, OutboundDestination destination) : IHttpEntry
{
    private const int HttpPort = 80;

    private Edge? _unknown;
    private UpstreamChoice? _passthrough;

    public Edge Unknown => _unknown ??= Passthrough.EdgeOf(loop, "BlackHoleCluster", destination.Original?.Port ?? 0);

    /// <remarks>(1) who is meant (2) how it is routed (3) outside the registry, if that is allowed</remarks>
    public async LoopTask HandleAsync(Exchange x)
    {
        FrontendPortModel? port = FindPort(x);                                                       // (1)
        if (port?.Routes is { } cell)
        {
            Outcome<RouteTable> routes = await cell.GetAsync(loop.Loop);                             // (2)
            if (routes.TryGet(out RouteTable? table))
            {
                await RoutedRequest.RunAsync(x, table, isGateway: false);
            }
            else
            {
                LocalAnswer.Fail(x, routes.Fault);
            }

            return;
        }

        await PassAsync(x);                                                                          // (3)
    }

    /// <summary>By host, the Host field picks among all that share the port; by address, the one that was dialled is meant.</summary>
    private FrontendPortModel? FindPort(Exchange x)
    {
        if (destination.Port is { IsByHost: false } dialled)
        {
            return dialled;
        }

        CanonicalRequest target = x.Client.Target;
        int port = destination.Original?.Port ?? (target.Port == 0 ? HttpPort : target.Port);
        return loop.Parts.Mesh.Frontends.FindByHost(target.Host, port) ?? destination.Port;
    }

    private async LoopTask PassAsync(Exchange x)
    {
        if (loop.Parts.Mesh.Workload is { AllowsAnyOutbound: true, Egress: { } egress })
        {
            await PassToAsync(x, egress);
            return;
        }

        Fault refused = Passthrough.Check(loop, destination.Original);
        if (refused != Fault.None)
        {
            LocalAnswer.Fail(x, refused);
            return;
        }

        _passthrough ??= Passthrough.To(loop, destination.Original!); // Check has seen it
        x.Route = Passthrough.ClusterName;
        RequestPreparation.Outbound(x);
        UpstreamChoice choice = x.Version is MessageVersion.Http20 ? _passthrough.AsHttp2 : _passthrough;
        await Forwarder.ForwardAsync(x, new ForwardPlan { Fixed = choice, Retries = RetryModel.Default, Unpicked = choice.Edge! });
    }

    /// <summary>A Sidecar's egressProxy takes it, as it is.</summary>
    private async LoopTask PassToAsync(Exchange x, ResourceCell<ClusterState> egress)
    {
        Outcome<ClusterState> found = await egress.GetAsync(loop.Loop);
        if (!found.TryGet(out ClusterState? cluster))
        {
            LocalAnswer.Fail(x, found.Fault);
            return;
        }

        x.Route = egress.Name;
        RequestPreparation.Outbound(x);
        await Forwarder.ForwardAsync(x, new ForwardPlan { Cluster = cluster, Retries = RetryModel.Default });
    }
}
