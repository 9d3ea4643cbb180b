using System.Text;
using Weft.Http;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Answers that the proxy gives itself. The only place where a fault becomes bytes for an HTTP client.</summary>
internal static class LocalAnswer
{
    // "no-endpoints: No ready workload serves that destination; …", encoded once.
    private static readonly byte[][] Sentences =
        [.. Enum.GetValues<Fault>().Select(f => Encoding.UTF8.GetBytes($"{f.Info().Name}: {f.Info().Sentence}\n"))];

    internal static void Fail(Exchange x, Fault fault)
    {
        x.Fault = fault;
        FaultInfo info = fault.Info();
        if (info.HttpStatus == 0)
        {
            x.Client.Abort();
            x.ClosesClient = true;
            return;
        }

        if (x.IsGrpc)
        {
            WriteGrpc(x, info.Grpc, Sentences[(int)fault].AsSpan()[..^1]);
            return;
        }

        Write(x, info.HttpStatus, Sentences[(int)fault], "text/plain"u8);
    }

    /// <summary>The proxy has no room for it; the pressure may be over in a second.</summary>
    internal static void Shed(Exchange x)
    {
        x.Loop.Telemetry.Counters.Count(LoopCounter.Shed);
        if (x.IsGrpc)
        {
            Fail(x, Fault.Overloaded);
            return;
        }

        x.Fault = Fault.Overloaded;
        x.Lines.Clear();
        x.Lines.Add("retry-after: 1\r\n"u8);
        WriteWithLines(x, Fault.Overloaded.Info().HttpStatus, Sentences[(int)Fault.Overloaded], "text/plain"u8);
    }

    /// <summary>A request that cannot be read: the answer names the rule, and the connection ends since nobody knows where the next request begins.</summary>
    internal static void Refuse(Exchange x, Http1Error error)
    {
        x.Fault = error is Http1Error.HeadTooLarge or Http1Error.TooManyFields or Http1Error.RequestLineTooLong
            ? Fault.ClientHeadersTooLarge : Fault.ClientMalformed;
        x.Detail = error.ToString();
        x.ClosesClient = true;
        Write(x, Http1Errors.StatusOf(error), Sentences[(int)x.Fault], "text/plain"u8);
    }

    internal static void WriteGrpc(Exchange x, GrpcCode code, ReadOnlySpan<byte> message)
    {
        x.Lines.Clear();
        x.Lines.Add("grpc-status: "u8);
        x.Lines.Number((int)code);
        x.Lines.Add("\r\n"u8);
        x.Lines.Field("grpc-message"u8, message);
        x.GrpcStatus = (int)code;
        WriteWithLines(x, 200, default, "application/grpc"u8);
    }

    internal static void Write(Exchange x, int status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> contentType)
    {
        x.Lines.Clear();
        WriteWithLines(x, status, body, contentType);
    }

    internal static void Redirect(Exchange x, int status, ReadOnlySpan<byte> location)
    {
        x.Lines.Clear();
        x.Lines.Field("location"u8, location);
        WriteWithLines(x, status, default, default);
    }

    internal static void WriteWithLines(Exchange x, int status, ReadOnlySpan<byte> body, ReadOnlySpan<byte> contentType)
    {
        HttpServerStream client = x.Client;
        status = ResponseWriter.WouldEstablish(x, status) ? Fault.UpgradeDeclined.Info().HttpStatus : status;
        x.Status = status;
        x.IsCommitted = true;

        // The body that was not read stands between us and the next request.
        x.ClosesClient |= (!client.IsEnded && !client.IsShared) || x.IsClientToGo;
        if (!contentType.IsEmpty)
        {
            x.Lines.Field("content-type"u8, contentType);
        }

        if (status != 204) // RFC 9110 §8.6
        {
            x.Lines.Add("content-length: "u8);
            x.Lines.Number(body.Length);
            x.Lines.Add("\r\n"u8);
        }

        client.WriteHead(new OutgoingResponse
        {
            Status = status,
            Lines = x.Lines.Bytes,
            Framing = body.IsEmpty ? BodyFraming.None : BodyFraming.Length,
            Closes = x.ClosesClient,
        });
        client.Write(body, isEnd: true);
    }
}
