using System.Net;
using Weft.Http;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Transport;
using Weft.Wire.ProxyProtocol;

namespace Weft.Proxy.Tcp;

/// <summary>One opaque connection and its record.</summary>
internal sealed class TcpSession(ProxyLoop loop, LoopConnection client, string? clientText)
{
    private readonly long _startTicks = loop.Loop.NowTicks;
    private readonly long _startMicros = loop.NowUnixMicros;

    internal ProxyLoop Loop { get; } = loop;

    /// <summary>The name that the client's handshake asks for.</summary>
    internal string? Sni { get; set; }

    /// <summary>Where the client dialled before it was redirected to us.</summary>
    internal IPEndPoint? Original { get; init; }

    /// <summary>The client, where it is another than the connection's other end.</summary>
    internal IPEndPoint? Remote { get; init; }

    internal void Refuse(Edge edge, Fault fault, string? detail = null)
    {
        Loop.Telemetry.ConnectionOpened(edge);
        client.Abort();
        Record(edge, fault, null, null, detail, null);
    }

    internal async LoopTask JoinAsync(UpstreamChoice choice, string? route)
    {
        Edge edge = choice.Edge!; // every choice for a connection has one
        Loop.Telemetry.ConnectionOpened(edge);
        Outcome<LoopConnection> opened = await UpstreamDialer.ConnectAsync(Loop, choice, choice.ProxyProtocol == 0 ? null : Describe());
        if (!opened.TryGet(out LoopConnection? upstream))
        {
            client.Abort();
            Record(edge, opened.Fault, route, choice.Text, null, null);
            return;
        }

        if (choice.Config?.TunnelRequest is { } request && await HttpTunnel.OpenAsync(Loop, upstream, request) is { } refused)
        {
            upstream.Close();
            client.Abort();
            Record(edge, Fault.UpstreamRefused, route, choice.Text, refused, null);
            return;
        }

        long stall = (long)Loop.Parts.Limits.BodyStall.TotalMilliseconds;
        client.SetWriteStall(stall);
        upstream.SetWriteStall(stall);
        var life = choice.LifeMs == 0 ? null : new Life(client, upstream);
        if (life is not null)
        {
            Loop.Loop.Schedule(life, choice.LifeMs);
        }

        long idleMs = (long)Loop.Parts.Limits.StreamIdle.TotalMilliseconds;
        Fault fault = await ContentRelay.JoinAsync(OpaqueStream.OfClient(client), OpaqueStream.OfUpstream(upstream), idleMs);
        client.Close();
        upstream.Close();
        if (life is not null)
        {
            Loop.Loop.Cancel(life);
            fault = life.IsOver ? Fault.None : fault;
        }

        Record(edge, fault, route, choice.Text, null, upstream);
    }

    /// <summary>PROXY protocol: who called and whom. Addresses of two families cannot stand in one header.</summary>
    private ProxyHeader Describe() =>
        (Remote ?? client.RemoteAddress) is { } source && (Original ?? client.LocalAddress) is { } dialled && source.AddressFamily == dialled.AddressFamily
            ? new ProxyHeader(false, ProxyEndPoint.From(source), ProxyEndPoint.From(dialled))
            : new ProxyHeader(true, default, default);

    private void Record(Edge edge, Fault fault, string? route, string? upstreamText, string? detail, LoopConnection? upstream)
    {
        long sent = upstream?.BytesSent ?? 0;
        long received = upstream?.BytesReceived ?? 0;
        Loop.Telemetry.ConnectionEnded(new ConnectionRecord
        {
            Edge = edge,
            Fault = fault,
            StartUnixMicros = _startMicros,
            DurationMs = (Loop.Loop.NowTicks - _startTicks) * 1_000.0 / System.Diagnostics.Stopwatch.Frequency,
            SentDelta = sent,
            ReceivedDelta = received,
            Sent = sent,
            Received = received,
            Route = route,
            UpstreamAddress = upstreamText,
            ClientAddress = clientText,
            Detail = detail,
            Sni = Sni,
        });
    }

    /// <summary>Closes both ends when the connection has become as old as its cluster lets it.</summary>
    private sealed class Life(LoopConnection client, LoopConnection upstream) : LoopTimer
    {
        internal bool IsOver { get; private set; }

        protected override void OnExpired()
        {
            IsOver = true;
            client.Close();
            upstream.Close();
        }
    }
}
