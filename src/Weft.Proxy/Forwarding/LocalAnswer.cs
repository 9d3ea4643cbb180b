using System.Text;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>Answers that the proxy gives itself. The only place where a fault becomes bytes for an HTTP client.</summary>
internal static class LocalAnswer
{
    private const int ExtraBytes = 512;

    // "no-endpoints: No ready workload serves that destination; …", encoded once.
    private static readonly byte[][] Sentences =
        [.. Enum.GetValues<Fault>().Select(f => Encoding.UTF8.GetBytes($"{f.Info().Name}: {f.Info().Sentence}\n"))];

    internal static void Fail(Exchange x, Fault fault)
    {
        x.Fault = fault;
        FaultInfo info = fault.Info();
        if (info.HttpStatus == 0)
        {
            x.Client.Transport.Abort();
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
        LoopConnection client = x.Client.Transport;
        x.Status = status;
        x.IsCommitted = true;

        // The body that was not read stands between us and the next request.
        x.ClosesClient |= !x.Client.Body.IsEnded || x.Connection.IsDraining(x.Loop);
        bool hasBody = x.Client.Request.MethodKind is not HttpMethod.Head;
        var writer = new HeadWriter(client.Output(x.Lines.Length + body.Length + ExtraBytes));
        writer.StatusLine(status, Reason(status));
        if (!contentType.IsEmpty)
        {
            writer.Field("content-type"u8, contentType);
        }

        writer.Raw(x.Lines.Bytes);
        writer.Field("content-length"u8, body.Length);
        writer.Raw(x.ClosesClient ? "connection: close\r\n"u8 : default);
        if (!writer.TryEnd(out int written))
        {
            throw new InvalidOperationException("The room for a local answer was computed too small.");
        }

        client.Advance(written);
        if (hasBody)
        {
            client.Write(body);
        }
    }

    private static ReadOnlySpan<byte> Reason(int status) => status switch
    {
        200 => "OK"u8,
        204 => "No Content"u8,
        301 => "Moved Permanently"u8,
        302 => "Found"u8,
        303 => "See Other"u8,
        307 => "Temporary Redirect"u8,
        308 => "Permanent Redirect"u8,
        400 => "Bad Request"u8,
        401 => "Unauthorized"u8,
        403 => "Forbidden"u8,
        404 => "Not Found"u8,
        408 => "Request Timeout"u8,
        413 => "Content Too Large"u8,
        414 => "URI Too Long"u8,
        417 => "Expectation Failed"u8,
        429 => "Too Many Requests"u8,
        431 => "Request Header Fields Too Large"u8,
        500 => "Internal Server Error"u8,
        501 => "Not Implemented"u8,
        502 => "Bad Gateway"u8,
        503 => "Service Unavailable"u8,
        504 => "Gateway Timeout"u8,
        505 => "HTTP Version Not Supported"u8,
        _ => default, // RFC 9112 §4: a reason phrase may be empty
    };
}
