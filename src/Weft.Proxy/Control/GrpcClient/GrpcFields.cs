using System.Globalization;
using System.Text;
using Grpc.Core;
using Weft.Primitives;
using Weft.Wire.Http2;
using Http2ErrorCode = Weft.Wire.Http2.Http2ErrorCode;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>gRPC's fields over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md): request heads, metadata and statuses.</summary>
internal static class GrpcFields
{
    private const string BinarySuffix = "-bin";

    internal static HeaderList RequestHead(string path, bool isTls, string authority, CallOptions options, TimeSpan? timeout)
    {
        var list = new HeaderList();
        list.Add(":method"u8, "POST"u8);
        list.Add(":scheme"u8, isTls ? "https"u8 : "http"u8);
        list.Add(":path"u8, Encoding.ASCII.GetBytes(path));
        list.Add(":authority"u8, Encoding.ASCII.GetBytes(authority));
        list.Add("te"u8, "trailers"u8);
        list.Add("content-type"u8, "application/grpc"u8);
        list.Add("user-agent"u8, "weft-proxy"u8);
        if (timeout is { } rest)
        {
            list.Add("grpc-timeout"u8, Encoding.ASCII.GetBytes(Timeout(rest)));
        }

        foreach (Metadata.Entry entry in options.Headers ?? [])
        {
            string value = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;
            list.Add(Encoding.ASCII.GetBytes(entry.Key), Encoding.ASCII.GetBytes(value), neverIndexed: entry.Key is "authorization");
        }

        return list;
    }

    /// <summary>TimeoutValue: at most eight digits; the unit grows until they suffice.</summary>
    internal static string Timeout(TimeSpan rest)
    {
        const long digitsMax = 99_999_999;
        long micros = Math.Max((long)(rest.TotalMilliseconds * 1000), 1);
        return micros <= digitsMax ? $"{micros}u"
            : micros / 1000 <= digitsMax ? $"{micros / 1000}m"
            : $"{Math.Min(micros / 1_000_000, digitsMax)}S";
    }

    internal static Metadata ToMetadata(HeaderList list)
    {
        var metadata = new Metadata();
        for (int i = 0; i < list.Count; i++)
        {
            string name = Encoding.ASCII.GetString(list.Name(i));
            if (name.StartsWith(':') || name is "grpc-status" or "grpc-message" or "content-type")
            {
                continue;
            }

            string value = Encoding.ASCII.GetString(list.Value(i));
            if (!name.EndsWith(BinarySuffix, StringComparison.Ordinal))
            {
                metadata.Add(name, value);
            }
            else if (TryBase64(value, out byte[] bytes))
            {
                metadata.Add(name, bytes);
            }
        }

        return metadata;
    }

    /// <summary>The status in a section, or null when it has none.</summary>
    internal static Status? ReadStatus(HeaderList list)
    {
        if (!list.TryGet("grpc-status"u8, out ReadOnlySpan<byte> code))
        {
            return null;
        }

        bool isNumber = int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= (int)StatusCode.Unauthenticated;
        string message = list.TryGet("grpc-message"u8, out ReadOnlySpan<byte> text) ? Uri.UnescapeDataString(Encoding.UTF8.GetString(text)) : string.Empty;
        return new Status(isNumber ? (StatusCode)number : StatusCode.Unknown, message);
    }

    /// <summary>grpc/doc/http-grpc-status-mapping.md, for answers that are not gRPC's.</summary>
    internal static Status FromHttp(int status) => new(
        status switch
        {
            400 => StatusCode.Internal,
            401 => StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 => StatusCode.Unimplemented,
            429 or 502 or 503 or 504 => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        },
        $"The server answered with HTTP status {status} and no gRPC status.");

    internal static Status FromFailure(Fault fault, Http2ErrorCode code, bool isUnprocessed)
    {
        if (isUnprocessed)
        {
            return new Status(StatusCode.Unavailable, $"The server did not take the call ({code}); it is safe to try again.");
        }

        StatusCode status = code switch
        {
            Http2ErrorCode.Cancel when fault is Fault.UpstreamReset => StatusCode.Cancelled,
            Http2ErrorCode.EnhanceYourCalm => StatusCode.ResourceExhausted,
            Http2ErrorCode.InadequateSecurity => StatusCode.PermissionDenied,
            Http2ErrorCode.ProtocolError or Http2ErrorCode.InternalError or Http2ErrorCode.FlowControlError or Http2ErrorCode.FrameSizeError
                or Http2ErrorCode.CompressionError => StatusCode.Internal,
            _ => StatusCode.Unavailable,
        };
        return new Status(status, $"The call's stream ended early ({fault}, {code}).");
    }

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        string padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        bool ok = Convert.TryFromBase64String(padded, bytes, out int written);
        Array.Resize(ref bytes, ok ? written : 0);
        return ok;
    }
}
