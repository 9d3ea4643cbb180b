using System.Collections.Immutable;
using Weft.Policy.Authorization;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Gateway;

/// <summary>Requests from outside. One per connection; its loop only.</summary>
/// <param name="isSecure">Under TLS only the listeners of its server name may have the connection's requests: other names have other certificates.</param>
internal sealed class GatewayHttp(ProxyLoop loop, GatewayPort port, bool isSecure, string? serverName) : IHttpEntry
{
    private Edge? _unknown;
    private PortListeners? _listenersOf;
    private ImmutableArray<GatewayListenerModel> _listeners = [];

    public Edge Unknown => _unknown ??= Passthrough.EdgeOf(loop, "unknown", port.Port);

    /// <summary>Several gateways may share a port: the first whose hosts and routes want the request has it, the most specific host first.</summary>
    public async LoopTask HandleAsync(Exchange x)
    {
        ImmutableArray<GatewayListenerModel> listeners = Listeners(x);
        if (loop.Parts.Mesh.Workload is { } workload && !IsAdmitted(x, workload, listeners))
        {
            return;
        }

        Fault fault = Fault.NoRoute;
        RouteTable? fallback = null;
        int best = GatewayHosts.Not;
        foreach (GatewayListenerModel listener in listeners)
        {
            int rank = GatewayHosts.Rank(listener.Hosts, x.Client.Target.Host);
            best = Math.Max(best, rank);
            if (listener.Routes is null || rank == GatewayHosts.Not || (isSecure && port.Listeners.IsOthers(x.Client.Target.Host, rank)))
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
            if (listeners.Length == 1 || table.Decide(x.Facts, 0).Outcome is not (RouteOutcome.NoHost or RouteOutcome.NoRoute))
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

        LocalAnswer.Fail(x, isSecure && (best == GatewayHosts.Not || port.Listeners.IsOthers(x.Client.Target.Host, best)) ? Fault.Misdirected : fault);
    }

    /// <summary>(1) how often (2) with which token (3) whether at all. Policies mean the port that is written, wherever it is opened.</summary>
    private bool IsAdmitted(Exchange x, WorkloadModel workload, ImmutableArray<GatewayListenerModel> listeners)
    {
        var facts = new ConnectionFacts(x.Connection.Peer, x.Connection.Client, x.Connection.Client, default, listeners.IsEmpty ? port.Port : listeners[0].Port, x.Connection.ServerName);
        return (workload.RateLimits.IsEmpty || RequestLimits.Admits(x, workload.RateLimits, facts))
            && (workload.Tokens.IsEmpty || RequestTokens.Admits(x, workload.Tokens))
            && (workload.Authorization.IsOpen || RequestAuthorization.Admits(x, workload.Authorization, facts));
    }

    /// <summary>Whose the connection is now: looked up again only when the port's listeners have changed.</summary>
    private ImmutableArray<GatewayListenerModel> Listeners(Exchange x)
    {
        PortListeners now = port.Listeners;
        if (!ReferenceEquals(now, _listenersOf))
        {
            _listenersOf = now;
            _listeners = isSecure ? now.Named(serverName) : now.Plain;
        }

        x.ClosesClient |= now.IsEmpty; // the port was closed, and may be open again for a new connection
        return _listeners;
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
