using Weft.Primitives;
using Weft.Proxy.Draining;
using Weft.Proxy.Gateway;
using Weft.Proxy.Handover;
using Weft.Proxy.Health;
using Weft.Proxy.Inbound;
using Weft.Proxy.Outbound;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>The proxy's listeners over its loops: where connections enter the data path. Made once by the host; any thread may open listeners.</summary>
public sealed class DataPath
{
    private readonly LoopGroup _loops;
    private readonly ProxyLoop[] _proxyLoops;

    /// <param name="loops">As many as the telemetry hub has parts.</param>
    /// <param name="parts">What they share.</param>
    /// <param name="listeners">Those of the process before, where there was one.</param>
    public DataPath(LoopGroup loops, ProxyParts parts, ListenerBook? listeners = null)
    {
        Listeners = listeners ?? new ListenerBook();
        _loops = loops;
        Parts = parts;
        _proxyLoops = [.. loops.Loops.Select((l, i) => new ProxyLoop(l, i, parts))];
        foreach (ProxyLoop loop in _proxyLoops)
        {
            loop.All = _proxyLoops;
        }

        parts.Mesh.EndpointsLeft = CloseIdleTo;
        ProxyLoop first = _proxyLoops[0];
        var health = new HealthChecker(first);
        parts.Mesh.HealthWanted = cell => first.Loop.Post(() => health.Watch(cell));
        Gateway = new GatewayListeners(this);
    }

    public ProxyParts Parts { get; }

    public IReadOnlyList<ProxyLoop> Loops => _proxyLoops;

    /// <summary>What is listened on, here and beside the data path.</summary>
    public ListenerBook Listeners { get; }

    /// <summary>The ports of a gateway; empty for a sidecar.</summary>
    public GatewayListeners Gateway { get; }

    /// <summary>Connections of the application, redirected here by the pod's rules.</summary>
    public LoopListener ListenOutbound(int fd) => Listen(fd, OutboundConnection.RunAsync, "outbound", isInbound: false);

    /// <summary>The application speaks to this address as to an HTTP proxy: for hosts that refuse network namespaces.</summary>
    public LoopListener ListenExplicitOutbound(int fd) => Listen(fd, OutboundConnection.RunExplicitAsync, "outbound", isInbound: false);

    /// <summary>Calls from peers; the server name of their handshake names the port.</summary>
    public LoopListener ListenInbound(int fd) => Listen(fd, (l, c) => InboundConnection.RunAsync(l, c, null), "inbound");

    /// <summary>Calls to one port of the application by whoever is not in the mesh, where its mTLS mode lets them in; peers too.</summary>
    public LoopListener ListenInbound(int fd, int port) => Listen(fd, (l, c) => InboundConnection.RunAsync(l, c, port), "inbound");

    /// <summary>The identity or bundle changed: connections that prove the old one are not used for new requests.</summary>
    public void CloseIdleUpstreams()
    {
        foreach (ProxyLoop loop in _proxyLoops)
        {
            loop.Loop.Post(loop.Pool.CloseIdle);
            loop.Loop.Post(loop.Http2Pool.CloseIdle);
        }
    }

    /// <summary>Endpoints that drain or are gone get nothing new: idle connections to them are closed, streams under way end by themselves.</summary>
    private void CloseIdleTo(IReadOnlyList<SocketTarget> targets)
    {
        foreach (ProxyLoop loop in _proxyLoops)
        {
            loop.Loop.Post(() =>
            {
                foreach (SocketTarget target in targets)
                {
                    loop.Pool.CloseIdle(target);
                    loop.Http2Pool.CloseIdle(target);
                }
            });
        }
    }

    /// <summary>The proxy takes leave: those who share a connection to us are told to go elsewhere with new requests (RFC 9113 §6.8). Any thread.</summary>
    internal void BeginDrain(DrainScope scope)
    {
        Parts.Draining.Begin(scope);
        foreach (ProxyLoop loop in _proxyLoops)
        {
            loop.Loop.Post(() =>
            {
                foreach (Http2Session session in loop.Http2Sessions.ToArray())
                {
                    session.DrainIfLeft();
                }
            });
        }
    }

    internal LoopListener Listen(int fd, Func<ProxyLoop, LoopConnection, LoopTask> serve, string name, bool isInbound = true) => LoopListener.Start(
        _loops,
        fd,
        connection => connection.Loop.Supervise(ServeAsync(serve, Of(connection.Loop), connection, isInbound), name),
        OnRefused);

    // On the first loop, which is every listener's.
    private void OnRefused(Fault fault, int connections)
    {
        LoopCounters counters = _proxyLoops[0].Telemetry.Counters;
        counters.Count(fault);
        for (int i = 0; i < connections; i++)
        {
            counters.Count(LoopCounter.Shed);
        }
    }

    /// <summary>Whatever became of its session, even a broken promise of ours: no connection stays open without one.</summary>
    private static async LoopTask ServeAsync(Func<ProxyLoop, LoopConnection, LoopTask> serve, ProxyLoop loop, LoopConnection connection, bool isInbound)
    {
        loop.Clients.Add(connection, isInbound);
        loop.Telemetry.Counters.Count(LoopCounter.DownstreamAccepted);
        try
        {
            await serve(loop, connection);
        }
        finally
        {
            connection.Close();
            loop.Clients.Remove(connection, isInbound);
            loop.Telemetry.Counters.Count(LoopCounter.DownstreamClosed);
        }
    }

    private ProxyLoop Of(EventLoop loop)
    {
        foreach (ProxyLoop candidate in _proxyLoops)
        {
            if (candidate.Loop == loop)
            {
                return candidate;
            }
        }

        throw new InvalidOperationException($"Loop {loop.Name} is not one of the data path's.");
    }
}
