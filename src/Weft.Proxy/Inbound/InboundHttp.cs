using Weft.Http;
using Weft.Model.V1;
using Weft.Policy.Authorization;
using Weft.Policy.Retries;
using Weft.Policy.Tokens;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire;

namespace Weft.Proxy.Inbound;

/// <summary>Requests to one port of the application. One per connection; its loop only.</summary>
internal sealed class InboundHttp : IHttpEntry
{
    private readonly ProxyLoop _loop;
    private readonly ConnectionInfo _info;
    private readonly ConnectionFacts _facts;
    private InboundPortModel _port;
    private WorkloadModel? _workload;
    private byte[] _source = [];
    private Edge? _edge;
    private UpstreamChoice? _app;

    internal InboundHttp(ProxyLoop loop, InboundPortModel port, ConnectionInfo info)
    {
        _loop = loop;
        _port = port;
        _info = info;
        _facts = FactsOf(info, port);
    }

    public Edge Unknown => EdgeOf(default);

    /// <remarks>(1) who calls (2) may they, and so often (3) to the application</remarks>
    public LoopTask HandleAsync(Exchange x)
    {
        int source = x.Client.Request.Fields.Find(PeerFields.Source, x.Client.Head);
        Edge edge = EdgeOf(source < 0 ? default : x.Client.Request.Fields[source].Value.In(x.Client.Head));    // (1)
        x.Edge = edge;
        JwtTable tokens = _workload?.Tokens ?? JwtTable.None;
        if (!tokens.IsEmpty && !RequestTokens.Admits(x, tokens))
        {
            return LoopTask.Completed;
        }

        AuthorizationTable table = _workload?.Authorization ?? AuthorizationTable.Open;
        if (!table.IsOpen && !RequestAuthorization.Admits(x, table, _facts))                                   // (2)
        {
            return LoopTask.Completed;
        }

        if (_workload is { RateLimits.IsEmpty: false } limited && !RequestLimits.Admits(x, limited.RateLimits, _facts))
        {
            return LoopTask.Completed;
        }

        RequestPreparation.Inbound(x);
        RequestTokens.Write(x, tokens);
        return Forwarder.ForwardAsync(x, new ForwardPlan { Fixed = IsHttp2(x) ? _app?.AsHttp2 : _app, Load = _port.Load, Retries = RetryModel.Default, Unpicked = edge });   // (3)
    }

    internal static ConnectionFacts FactsOf(ConnectionInfo info, InboundPortModel port) =>
        new(info.Peer, info.Client, info.Client, default, port.Port, info.ServerName);

    internal static UpstreamChoice ChoiceOf(ProxyLoop loop, InboundPortModel port, Edge edge)
    {
        SocketTarget? socket = port.AppSocket is { } named && loop.Parts.Guard.Allows(named) ? named : null; // the mesh's own are no application
        SocketTarget target = socket ?? loop.Parts.App.TargetOf(port.AppPort);
        return new UpstreamChoice
        {
            Key = new ConnectionKey(target, null, null, null),
            Edge = edge,
            Text = target.ToString(),
            ConnectMs = (long)port.ConnectTimeout.TotalMilliseconds,
            IdleMs = (long)port.IdleTimeout.TotalMilliseconds,
            AppPort = socket is null ? port.AppPort : 0,
            RequestsMax = port.RequestsPerConnectionMax,
        };
    }

    /// <summary>The application is spoken to as its port declares; where it declares nothing, as the caller spoke.</summary>
    private bool IsHttp2(Exchange x) => _port.AppProtocol is AppProtocol.Http2 or AppProtocol.Grpc
        || (_port.AppProtocol is AppProtocol.Detect && x.Version is MessageVersion.Http20);

    /// <summary>Found again only when the workload's model or the caller's own words about itself change.</summary>
    private Edge EdgeOf(ReadOnlySpan<byte> source)
    {
        WorkloadModel? workload = _loop.Parts.Mesh.Workload;
        if (_edge is { } known && ReferenceEquals(workload, _workload) && source.SequenceEqual(_source))
        {
            return known;
        }

        _workload = workload;
        _source = source.ToArray();
        _port = workload?.FindInbound(_port.Port) ?? _port;
        _edge = workload is null
            ? _loop.Parts.Mesh.Edges.Intern(new EdgeKey(false, Party.Unknown, Party.Unknown, "unknown", "unknown", "unknown", _port.Port, false))
            : _loop.Parts.Mesh.InboundEdges.Find(workload, _port, _info.Peer?.Id, source);
        _app = ChoiceOf(_loop, _port, _edge);
        return _edge;
    }
}
