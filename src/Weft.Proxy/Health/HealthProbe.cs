using Weft.Http;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Clusters;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;
using EndpointModel = Weft.Proxy.State.Clusters.EndpointModel;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Health;

/// <summary>One question to one endpoint, over the way that requests take there: to a peer under mutual TLS, to its application's port. On the loop.</summary>
internal static class HealthProbe
{
    /// <summary>A longer answer is not read to its end; its connection is then no other probe's.</summary>
    private const int AnswerBytesMax = 64 << 10;

    /// <summary>A peer accepts before it dials its application: one that cannot ends the connection, and that takes no longer.</summary>
    private const long PeerSettleMs = 250;

    private const int ServingStatus = 1;

    private static ReadOnlySpan<byte> Agent => "user-agent: weft-health\r\n"u8;

    private static ReadOnlySpan<byte> GrpcLines => "user-agent: weft-health\r\ncontent-type: application/grpc\r\n"u8;

    internal static async LoopTask<ProbeResult> RunAsync(ProxyLoop loop, ClusterConfig config, HealthCheckModel check, EndpointModel endpoint)
    {
        EndpointModel target = check.Port == 0 ? endpoint : endpoint.AtPort(check.Port);
        bool isTcp = check.Kind is HealthCheck.ProbeOneofCase.Tcp or HealthCheck.ProbeOneofCase.None;
        Fault fault = EndpointPicker.Describe(loop, config, target, isTcp ? MeshTls.TcpProtocol : MeshTls.HttpProtocol, default, out UpstreamChoice? choice);
        if (choice is null)
        {
            return ProbeResult.Of(fault);
        }

        // Connections of its own where a connection carries one request: a probe takes none from the requests, and stays out of their limits.
        object? owner = choice.IsPeer && choice.Key.Owner is null ? null : check;
        choice = choice with { ConnectMs = (long)check.Timeout.TotalMilliseconds, Key = choice.Key with { Owner = owner } };
        if (isTcp)
        {
            return await ConnectAsync(loop, check, choice);
        }

        return await AskAsync(loop, check, check.Kind is HealthCheck.ProbeOneofCase.Grpc ? choice.AsHttp2 : choice);
    }

    private static async LoopTask<ProbeResult> ConnectAsync(ProxyLoop loop, HealthCheckModel check, UpstreamChoice choice)
    {
        Outcome<LoopConnection> opened = await UpstreamDialer.ConnectAsync(loop, choice);
        if (!opened.TryGet(out LoopConnection? connection))
        {
            return ProbeResult.Of(opened.Fault);
        }

        IoStatus status = IoStatus.Ok;
        if (choice.IsPeer)
        {
            connection.SetReadDeadline(Math.Min(PeerSettleMs, (long)check.Timeout.TotalMilliseconds));
            status = await connection.ReadAsync();
        }

        connection.Close();
        return status is IoStatus.Ok or IoStatus.TimedOut ? new ProbeResult(true, "connected") : ProbeResult.Of(status.AsUpstreamFault());
    }

    private static async LoopTask<ProbeResult> AskAsync(ProxyLoop loop, HealthCheckModel check, UpstreamChoice choice)
    {
        while (true)
        {
            HttpClientStream? upstream = UpstreamDialer.TryTake(loop, choice);
            if (upstream is null)
            {
                Outcome<HttpClientStream> opened = await UpstreamDialer.OpenAsync(loop, choice);
                if (!opened.TryGet(out upstream))
                {
                    return ProbeResult.Of(opened.Fault);
                }
            }

            Write(loop, check, choice, upstream);
            upstream.SetReadDeadline((long)check.Timeout.TotalMilliseconds);
            Fault fault = await ReadHeadAsync(upstream);
            if (fault != Fault.None)
            {
                bool isStale = upstream.IsReused && fault != Fault.UpstreamTimedOut && !choice.IsHttp2;
                upstream.Release(reusable: false);
                if (isStale)
                {
                    continue; // the last probe's connection ended between the two
                }

                return ProbeResult.Of(fault);
            }

            return await JudgeAsync(check, upstream);
        }
    }

    private static async LoopTask<Fault> ReadHeadAsync(HttpClientStream upstream)
    {
        while (true)
        {
            Fault fault = await upstream.ReadHeadAsync();
            if (fault != Fault.None || !upstream.Response.IsInterim)
            {
                return fault;
            }

            upstream.TakeHead();
        }
    }

    private static async LoopTask<ProbeResult> JudgeAsync(HealthCheckModel check, HttpClientStream upstream)
    {
        int status = upstream.Response.Status;
        int grpc = ResponseWriter.GrpcStatusOf(upstream.Response.Fields, upstream.Head);
        upstream.TakeHead();
        int serving = -1;
        int read = 0;
        while (read < AnswerBytesMax && !(upstream.Content.IsEmpty && upstream.IsEnded))
        {
            if (upstream.Content.IsEmpty)
            {
                if (await upstream.ReadAsync() != Fault.None)
                {
                    break;
                }

                continue;
            }

            serving = serving < 0 ? ServingOf(upstream.Content) : serving;
            read += upstream.Content.Length;
            upstream.Consume(upstream.Content.Length);
        }

        bool isWhole = upstream.Content.IsEmpty && upstream.IsEnded;
        grpc = isWhole && grpc < 0 ? ResponseWriter.GrpcStatusOf(upstream.Trailers) : grpc;
        upstream.Release(isWhole);
        if (check.Kind is HealthCheck.ProbeOneofCase.Http)
        {
            return new ProbeResult(check.Expect.Contains(status), $"HTTP {status}");
        }

        return status != 200 ? new ProbeResult(false, $"HTTP {status}")
            : grpc > 0 ? new ProbeResult(false, $"gRPC status {grpc}")
            : new ProbeResult(serving == ServingStatus, serving == ServingStatus ? "SERVING" : $"not serving ({Math.Max(0, serving)})");
    }

    private static void Write(ProxyLoop loop, HealthCheckModel check, UpstreamChoice choice, HttpClientStream upstream)
    {
        bool isGrpc = check.Kind is HealthCheck.ProbeOneofCase.Grpc;
        var head = new RequestHead();
        head.Reset();
        var peer = new LineBuffer();
        if (choice.IsPeer)
        {
            RequestWriter.WritePeerLines(peer, loop, choice, isGrpc ? MessageVersion.Http20 : MessageVersion.Http11);
        }

        upstream.WriteHead(new OutgoingRequest
        {
            Method = isGrpc ? "POST"u8 : "GET"u8,
            MethodKind = isGrpc ? HttpMethod.Post : HttpMethod.Get,
            Path = isGrpc ? "/grpc.health.v1.Health/Check"u8 : check.Path.Span,
            QueryWithMark = isGrpc ? default : check.QueryWithMark.Span,
            Authority = check.Host.Span,
            Fields = head.Fields,
            Lines = isGrpc ? GrpcLines : Agent,
            MoreLines = peer.Bytes,
            Framing = isGrpc ? BodyFraming.Chunked : BodyFraming.None,
            AcceptsTrailers = isGrpc,
        });
        if (isGrpc)
        {
            upstream.Write(GrpcQuestion(check.GrpcService.Span), isEnd: true);
        }
    }

    /// <summary>One message of gRPC: no compression, its length, and HealthCheckRequest with the service as field 1.</summary>
    private static byte[] GrpcQuestion(ReadOnlySpan<byte> service)
    {
        byte[] length = service.Length < 128 ? [(byte)service.Length] : [(byte)(service.Length | 128), (byte)(service.Length >> 7)];
        byte[] message = service.IsEmpty ? [] : [0x0A, .. length, .. service];
        return [0, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
    }

    /// <summary>The status of a HealthCheckResponse; 0 when it says none (UNKNOWN), -1 when this is no such message.</summary>
    private static int ServingOf(ReadOnlySpan<byte> content) => content switch
    {
        [0, 0, 0, 0, 0, ..] => 0,
        [0, 0, 0, 0, >= 2, 0x08, var status, ..] when status < 128 => status,
        _ => -1,
    };
}
