using static Weft.Conformance.Smuggling.SmugglingCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9112 §6.2, §6.3: Content-Length, alone and against Transfer-Encoding.</summary>
internal static class LengthRows
{
    private static readonly int Length = Smuggled.Length;

    internal static readonly SmugglingCase[] All =
    [
        // What is well said passes, whatever it looks like inside.
        Passes("9112-6.2", Post("X: y"), "POST /first"),
        Passes("9112-6.2", Post("Content-Length: 0"), "POST /first"),
        Passes("9112-6.2", Post($"Content-Length: {Length}", Smuggled), "POST /first"),
        Passes("9112-6.2", Post($"content-length:\t{Length} \t", Smuggled), "POST /first"),
        Passes("9112-6.2", Post($"CONTENT-LENGTH:{Length}", Smuggled), "POST /first"),
        Passes("9112-6.2", Post($"Content-Length: 000{Length}", Smuggled), "POST /first"),
        Passes("9110-8.6", $"GET /first HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n{Smuggled}", "GET /first"),
        Passes("9110-8.6", $"DELETE /first HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n{Smuggled}", "DELETE /first"),
        Passes("9110-8.6", $"HEAD /first HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n{Smuggled}", "HEAD /first"),
        Passes("9110-8.6", $"OPTIONS /first HTTP/1.1\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n{Smuggled}", "OPTIONS /first"),

        // CL.TE and TE.CL: both at once is an attack, in any order and however either is spelled.
        Refused("9112-6.1", Post("Content-Length: 5\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Smuggled}")),
        Refused("9112-6.1", Post("Transfer-Encoding: chunked\r\nContent-Length: 5", $"0\r\n\r\n{Smuggled}")),
        Refused("9112-6.1", Post($"Content-Length: {Length + 5}\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Smuggled}")),
        Refused("9112-6.1", Post("Content-Length: 4\r\nTransfer-Encoding: chunked", $"{Length:x}\r\n{Smuggled}\r\n0\r\n\r\n")),
        Refused("9112-6.1", Post("Content-Length: 0\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Smuggled}")),
        Refused("9112-6.1", Post("Content-Length: 5\r\ntransfer-encoding:chunked", $"0\r\n\r\n{Smuggled}")),
        Refused("9112-6.1", Post("Content-Length: 5\r\nTransfer-Encoding: identity", Smuggled)),
        Refused("9112-6.1", Post("Content-Length: 5\r\nTransfer-Encoding: x", Smuggled)),
        Refused("9112-6.1", Post("Content-Length: 5\r\nTransfer-Encoding:", Smuggled)),
        Refused("9112-6.1", Post("Content-Length: 5\r\nTransfer-Encoding: gzip, chunked", Smuggled)),
        Refused("9112-6.1", Post("Content-Length: 5\r\nX: y\r\nX: z\r\nTransfer-Encoding: chunked\r\nX: w", $"0\r\n\r\n{Smuggled}")),
        Refused("9112-6.1", $"GET /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}"),

        // CL.CL: repeated and listed lengths, equal or not.
        Refused("9112-6.3", Post($"Content-Length: {Length}\r\nContent-Length: 0", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: 0\r\nContent-Length: {Length}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length}\r\nContent-Length: {Length}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length}\r\nX: y\r\ncontent-length: 0", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length}, {Length}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length},0", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: 0,{Length}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: ,{Length}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length},", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: 0\r\nContent-Length:", Smuggled)),

        // Numbers that one reader takes and another does not.
        Refused("9112-6.3", Post("Content-Length:", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: +{Length}", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: -1", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: -0", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: 0x{Length:x}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length:x}h", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length}.0", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: 1e1", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: 3 6", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: 3\t6", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: \"{Length}\"", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length};x", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {Length}_", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: 4294967296000000000000", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: {ulong.MaxValue}", Smuggled)),
        Refused("9112-6.3", Post($"Content-Length: 1844674407370955161{Length + 6}", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: \u00b2\u00b3", Smuggled)),
        Refused("9112-6.3", Post("Content-Length: 0\u00a0", Smuggled)),
        Refused("9110-5.5", Post($"Content-Length: \u000b{Length}", Smuggled)),
        Refused("9110-5.5", Post($"Content-Length: {Length}\0", Smuggled)),

        // More said than sent: nothing behind it is a request.
        Cut("9112-8", Post($"Content-Length: {Length + Marker.Length + 1}", Smuggled)),
        Cut("9112-8", Post($"Content-Length: {long.MaxValue}", Smuggled)),
        Cut("9112-8", Post($"Content-Length: {uint.MaxValue + 1L}", Smuggled)),

        // HTTP/1.0 has no chunked coding, and a connection of it ends unless it says otherwise.
        Refused("9112-6.1", $"POST /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}"),
        Refused("9112-6.1", $"POST /first HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}"),
        Refused("9112-6.1", $"POST /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{Smuggled}"),
        Ends("9112-9.3", $"POST /first HTTP/1.0\r\nHost: a\r\nContent-Length: {Length}\r\n\r\n{Smuggled}", "POST /first"),
        Ends("9112-9.3", $"GET /first HTTP/1.0\r\nHost: a\r\n\r\n{Smuggled}", "GET /first"),
        Passes("9112-9.3", $"POST /first HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: {Length}\r\n\r\n{Smuggled}", "POST /first"),
    ];
}
