using static Weft.Conformance.Smuggling.SmugglingCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9112 §6.1: Transfer-Encoding hidden from one of two readers.</summary>
internal static class EncodingRows
{
    private const string Body = $"0\r\n\r\n{Smuggled}";

    internal static readonly SmugglingCase[] All =
    [
        Passes("9112-6.1", Post("Transfer-Encoding: chunked", "0\r\n\r\n"), "POST /first"),
        Passes("9112-6.1", Post("TRANSFER-ENCODING: CHUNKED", "0\r\n\r\n"), "POST /first"),
        Passes("9112-6.1", Post("transfer-encoding:\tchunked\t ", "0\r\n\r\n"), "POST /first"),
        Passes("9112-6.1", "GET /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET /first"),

        // TE.TE: values that only look like it.
        Refused("9112-6.1", Post("Transfer-Encoding: xchunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunkedx", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: x chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked x", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked, identity", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: identity, chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: identity", Smuggled), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked, chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: gzip, chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked, gzip", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: deflate", Smuggled), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked;q=0", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked;", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked,", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: ,chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: \"chunked\"", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: 'chunked'", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: [chunked]", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunk", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chun ked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding:", Smuggled), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: \u00ffchunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked\u00a0", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: \u0085chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chun\u00ebed", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked\r\ntransfer-encoding: x", Body), 501),
        Refused("9112-6.1", Post("Transfer-Encoding:\r\nTransfer-Encoding: chunked", Body), 501),

        // Control bytes and line games around the field.
        Refused("9110-5.5", Post("Transfer-Encoding: \u000bchunked", Body)),
        Refused("9110-5.5", Post("Transfer-Encoding: \u000cchunked", Body)),
        Refused("9110-5.5", Post("Transfer-Encoding: chunked\0", Body)),
        Refused("9110-5.5", Post("Transfer-Encoding: chunked\u007f", Body)),
        Refused("9110-5.5", Post("Transfer-Encoding: \u0001chunked", Body)),
        Refused("9112-5", Post("Transfer-Encoding\0: chunked", Body)),
        Refused("9112-5", Post("\0Transfer-Encoding: chunked", Body)),
        Refused("9112-5.1", Post("Transfer-Encoding : chunked", Body)),
        Refused("9112-5.1", Post("Transfer-Encoding\t: chunked", Body)),
        Refused("9112-5.1", Post("Transfer-Encoding \t : chunked", Body)),
        Refused("9112-5.1", Post("Transfer Encoding: chunked", Body)),
        Refused("9112-5", Post("Transfer-Encoding", Body)),
        Refused("9112-5", Post("Transfer-Encoding chunked", Body)),
        Refused("9112-5", Post(": chunked", Body)),
        Refused("9112-5", Post("Transfer-Encoding;: chunked", Body)),
        Refused("9112-5", Post("\"Transfer-Encoding\": chunked", Body)),
        Refused("9112-5", Post("Transfer-Encoding\u00ff: chunked", Body)),
        Refused("9112-5.2", Post("Transfer-Encoding:\r\n chunked", Body)),
        Refused("9112-5.2", Post("Transfer-Encoding:\r\n\tchunked", Body)),
        Refused("9112-5.2", Post("Transfer-Encoding: chunked\r\n , identity", Body)),
        Refused("9112-5.2", Post("X: y\r\n Transfer-Encoding: chunked", Body)),
        Refused("9112-5.2", "POST /first HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: a\r\n\r\n" + Body),
        Refused("9112-5.2", "POST /first HTTP/1.1\r\n\tX: y\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n" + Body),
        Refused("9112-2.2", Post("X: y\nTransfer-Encoding: chunked", Body)),
        Refused("9112-2.2", Post("X: y\rTransfer-Encoding: chunked", Body)),
        Refused("9112-2.2", Post("X: y\n\rTransfer-Encoding: chunked", Body)),
        Refused("9112-2.2", Post("Transfer-Encoding: chunked\nX: y", Body)),
        Refused("9112-2.2", Post("Transfer-Encoding: chunked\r", Body)),

        // Names that are other fields to everybody, unless somebody maps "_" to "-" behind us.
        Passes("9110-5.1", Post($"Content-Length: {Smuggled.Length}\r\nTransfer_Encoding: chunked", Smuggled), "POST /first"),
        Passes("9110-5.1", Post($"Content-Length: {Smuggled.Length}\r\nContent_Length: 0", Smuggled), "POST /first"),
        Passes("9110-5.1", Post($"Content-Length: {Smuggled.Length}\r\nX-Transfer-Encoding: chunked", Smuggled), "POST /first"),
        Passes("9110-5.1", Post($"Content-Length: {Smuggled.Length}\r\nTransfer-Encodin: chunked", Smuggled), "POST /first"),
        Passes("9110-5.1", Post($"Content-Length: {Smuggled.Length}\r\nTE: chunked", Smuggled), "POST /first"),
        Passes("9110-5.1", Post($"Content-Length: {Smuggled.Length}\r\nX: Transfer-Encoding: chunked", Smuggled), "POST /first"),
        Passes("9110-8.4", Post($"Content-Length: {Smuggled.Length}\r\nContent-Encoding: chunked", Smuggled), "POST /first"),
    ];
}
