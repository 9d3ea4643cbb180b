using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Gateway;

/// <summary>Requests from outside. One per connection; its loop only.</summary>
internal sealed class GatewayHttp(ProxyLoop loop, GatewayPort port) : IHttpEntry
{
    private Edge? _unknown;

    public Edge Unknown => _unknown ??= Passthrough.EdgeOf(loop, "unknown", port.Port);

    /// <summary>Several gateways may share a port: the first whose hosts and routes want the request has it, the most specific host first.</summary>
    public async LoopTask HandleAsync(Exchange x)
    {
        Fault fault = Fault.NoRoute;
        RouteTable? fallback = null;
        x.ClosesClient |= port.Listeners.IsEmpty; // the port was closed, and may be open again for a new connection
        foreach (GatewayListenerModel listener in port.Listeners)
        {
            if (listener.Routes is null || !GatewayHosts.Match(listener.Hosts, x.Client.Target.Host))
            {
                continue;
            }

            if (listener.RedirectsToHttps)
            {
                RedirectToHttps(x);
                return;
            }

            Outcome<RouteTable> routes = await listener.Routes.GetAsync(loop.Loop);
            if (!routes.TryGet(out RouteTable? table))
            {
                fault = routes.Fault;
                continue;
            }

            fallback ??= table;
            if (table.Decide(x.Facts, 0).Outcome is not (RouteOutcome.NoHost or RouteOutcome.NoRoute))
            {
                await RoutedRequest.RunAsync(x, table, isGateway: true);
                return;
            }
        }

        if (fallback is not null)
        {
            await RoutedRequest.RunAsync(x, fallback, isGateway: true);
            return;
        }

        LocalAnswer.Fail(x, fault);
    }

    private static void RedirectToHttps(Exchange x)
    {
        var location = new LineBuffer();
        location.Add("https://"u8);
        location.Add(x.Client.Target.Host);
        location.Add(x.Client.Target.Path);
        location.Add(x.Client.Target.QueryWithMark);
        LocalAnswer.Redirect(x, 301, location.Bytes);
    }
}
