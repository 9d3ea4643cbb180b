using System.Net;
using Weft.Balancing;
using Weft.Http;
using Weft.Policy;
using Weft.Policy.Authorization;
using Weft.Policy.Routing;
using Weft.Policy.Tokens;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Telemetry.Tracing;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>
/// One request on its way: who sent it, what was decided, where it went, how it ended. Serves one request after the other and
/// is cleared in between, so that a warm request allocates nothing. Its loop only.
/// </summary>
internal sealed class Exchange
{
    private readonly Action _clientGone;
    private TriedEndpoints _tried;
    private HttpServerStream? _client;
    private ConnectionInfo? _connection;

    internal Exchange(ProxyLoop loop)
    {
        Loop = loop;
        _clientGone = OnClientGone;
    }

    internal ProxyLoop Loop { get; }

    internal HttpServerStream Client => _client ?? throw new InvalidOperationException("The exchange has no client.");

    internal ConnectionInfo Connection => _connection ?? throw new InvalidOperationException("The exchange has no connection.");

    /// <summary>Lines that our side adds: to the request first, to the response later.</summary>
    internal LineBuffer Lines { get; } = new();

    /// <summary>Lines for a peer's eyes only, made anew for each attempt.</summary>
    internal LineBuffer PeerLines { get; } = new();

    /// <summary>The path after its rewrite; empty while it is as it came.</summary>
    internal LineBuffer Path { get; } = new();

    internal ReplayBuffer Replay { get; } = new();

    /// <summary>Copies of the request whose content is still to come; null when there are none.</summary>
    internal MirroredContent? Mirrored { get; set; }

    /// <summary>Who sees the request's content on its way.</summary>
    internal IContentTee ContentTee => Mirrored is { } mirrored ? mirrored : Replay;

    internal RouteDecision Decision { get; set; }

    internal Edge? Edge { get; set; }

    internal string? Route { get; set; }

    internal string? Detail { get; set; }

    internal string? UpstreamText { get; set; }

    internal Fault Fault { get; set; }

    /// <summary>What the client was told; 0: nothing yet.</summary>
    internal int Status { get; set; }

    internal int GrpcStatus { get; set; }

    /// <summary>All tries of it, one after the other and beside each other.</summary>
    internal int Attempts { get; set; }

    /// <summary>Those of them that were made beside another one.</summary>
    internal int Hedges { get; set; }

    /// <summary>Tries that followed each other: what retries count.</summary>
    internal int Rounds => Attempts - Hedges;

    internal long StartTicks { get; private set; }

    internal long UpstreamStartTicks { get; set; }

    internal long UpstreamFirstTicks { get; set; }

    /// <summary>When the route's timeout ends it, on the loop's clock; 0: never.</summary>
    internal long DueMs { get; set; }

    internal SpanContext Trace { get; set; }

    /// <summary>A byte of the response was written: from here on only a reset can tell of a fault.</summary>
    internal bool IsCommitted { get; set; }

    /// <summary>A retry of it is counted: one that is under way, or one that will be made.</summary>
    internal bool HoldsRetry { get; set; }

    /// <summary>One of the places for connections of its cluster is this request's.</summary>
    internal bool HoldsTurn { get; set; }

    /// <summary>It counts among the requests of its cluster that have no connection yet.</summary>
    internal bool IsPending { get; set; }

    /// <summary>Waits for a connection's place; made by the first request that has to.</summary>
    internal TurnWaiter? Turn { get; set; }

    /// <summary>This request is the connection's last.</summary>
    internal bool ClosesClient { get; set; }

    /// <summary>Whether the client is told to open another connection: the proxy takes leave, or has too many.</summary>
    internal bool IsClientToGo => Connection.IsDraining(Loop) || (Loop.Loop.Overload >= OverloadStep.CloseConnections && !Client.IsShared);

    /// <summary>The connection became a tunnel and is not ours to close.</summary>
    internal bool IsTunnelled { get; set; }

    internal bool IsClientGone { get; private set; }

    /// <summary>What kept the request's body from being read whole.</summary>
    internal Fault BodyFault { get; set; }

    /// <summary>Who carries it now; closed when the client goes away.</summary>
    internal HttpClientStream? Upstream { get; set; }

    /// <summary>Several tries carry it, and none is chosen yet.</summary>
    internal HedgeRace? Race { get; set; }

    internal bool IsGrpc { get; private set; }

    /// <summary>The version the request began with, before peers carried it.</summary>
    internal MessageVersion Version { get; set; }

    /// <summary>Endpoints that attempts of this request went to. A reference: picking adds to it.</summary>
    internal ref TriedEndpoints Tried => ref _tried;

    /// <summary>To be set with the answer, so that the client sticks from now on.</summary>
    internal CookieModel? Cookie { get; set; }

    internal ulong CookieValue { get; set; }

    /// <summary>The session that the answer begins or moves; null when it goes on as it is.</summary>
    internal SessionModel? Session { get; set; }

    /// <summary>The endpoint that the session is with from now on.</summary>
    internal EndpointModel? SessionEndpoint { get; set; }

    /// <summary>What the request's token says; null without one.</summary>
    internal JwtClaims? Token { get; set; }

    internal JwtRule? TokenRule { get; set; }

    internal RequestFacts Facts => new(this);

    /// <summary>Whose request it is. A peer's names the port only in its head, so the connection may become another one's.</summary>
    internal void Attach(HttpServerStream client, ConnectionInfo connection)
    {
        _client = client;
        _connection = connection;
    }

    internal void Begin()
    {
        Lines.Clear();
        Path.Clear();
        Mirrored = null;
        Decision = default;
        _tried = default;
        Cookie = null;
        Session = null;
        Token = null;
        TokenRule = null;
        SessionEndpoint = null;
        Edge = null;
        Route = null;
        Detail = null;
        UpstreamText = null;
        Fault = Fault.None;
        BodyFault = Fault.None;
        Replay.Begin(Loop.Parts.Limits.ReplayBytesMax);
        Status = 0;
        GrpcStatus = -1;
        Attempts = 0;
        Hedges = 0;
        StartTicks = Loop.Loop.NowTicks;
        UpstreamStartTicks = 0;
        UpstreamFirstTicks = 0;
        DueMs = 0;
        Trace = default;
        IsCommitted = false;
        HoldsRetry = false;
        IsTunnelled = false;
        IsClientGone = false;
        Upstream = null;
        Race = null;
        Version = Client.Request.Version;
        ClosesClient = !Client.Request.KeepAlive;
        IsGrpc = Client.Request.Fields.TryGet(KnownHeader.ContentType, Client.Head, out ReadOnlySpan<byte> type) && type.StartsWith("application/grpc"u8);
    }

    /// <summary>While we wait for the upstream nobody reads the client: its end shows by this alone.</summary>
    internal void WatchClient(bool watch) => Client.Watch(watch ? _clientGone : null);

    /// <summary>The one call per request into telemetry.</summary>
    internal void Record(IHttpEntry entry)
    {
        long now = Loop.Loop.NowTicks;
        HttpServerStream client = Client;
        var fields = client.Request.Fields;
        fields.TryGet(KnownHeader.UserAgent, client.Head, out ReadOnlySpan<byte> userAgent);
        fields.TryGet(KnownHeader.XRequestId, client.Head, out ReadOnlySpan<byte> requestId);
        double tookMs = (now - StartTicks) * 1_000.0 / System.Diagnostics.Stopwatch.Frequency;
        bool isReadable = client.Error is Http1Error.None && client.Request.Length > 0;
        var record = new RequestRecord(Edge ?? entry.Unknown)
        {
            Protocol = IsGrpc ? RequestProtocol.Grpc : RequestProtocol.Http,
            Method = client.Request.Method.In(client.Head),
            Path = isReadable ? client.Target.Path : default,
            Authority = isReadable ? client.Target.Authority : default,
            UserAgent = userAgent,
            RequestId = requestId,
            HttpVersion = Version switch { MessageVersion.Http10 => 10, MessageVersion.Http20 => 20, _ => 11 },
            Status = Status,
            GrpcStatus = GrpcStatus,
            Fault = Fault,
            Attempts = Attempts,
            RequestBytes = client.BytesReceived,
            ResponseBytes = client.BytesSent,
            StartUnixMicros = Loop.NowUnixMicros - (long)(tookMs * 1_000),
            DurationMs = tookMs,
            UpstreamMs = UpstreamFirstTicks == 0 ? -1 : (UpstreamFirstTicks - UpstreamStartTicks) * 1_000.0 / System.Diagnostics.Stopwatch.Frequency,
            Route = Route,
            UpstreamAddress = UpstreamText,
            ClientAddress = Connection.ClientText,
            Detail = Detail,
            Trace = Trace,
        };
        Loop.Telemetry.RequestEnded(record);
    }

    private void OnClientGone()
    {
        IsClientGone = true;
        Upstream?.Abort();
        Race?.Tell();
        Turn?.GiveUp();
    }
}

/// <summary>What is known of the client's connection as a whole. Made once per connection.</summary>
internal sealed class ConnectionInfo
{
    internal IpValue Client { get; init; }

    internal string? ClientText { get; init; }

    /// <summary>Where the client dialled before it was redirected to us.</summary>
    internal IPEndPoint? Original { get; init; }

    /// <summary>The port that was dialled: the frontend's, or the gateway listener's.</summary>
    internal int Port { get; init; }

    /// <summary>The proven identity of a peer; null over plain text.</summary>
    internal PeerFacts? Peer { get; init; }

    internal Utf8Text? ServerName { get; init; }

    /// <summary>The client's address without its port, as text for x-forwarded-for.</summary>
    internal byte[] AddressUtf8 { get; init; } = [];

    /// <summary>What this hop adds to x-forwarded-client-cert.</summary>
    internal byte[] ClientCertificateElement { get; init; } = [];

    internal bool IsHttps { get; init; }

    /// <summary>A Weft proxy called, in the peer protocol: it knows our own words, see <see cref="PeerFields"/>.</summary>
    internal bool IsPeerStream { get; init; }

    /// <summary>Whether the proxy's own side of this connection takes leave.</summary>
    internal bool IsInbound { get; init; }

    internal bool IsDraining(ProxyLoop loop) => loop.Parts.Draining.Covers(IsInbound);
}
