using static Weft.Conformance.Smuggling.SmugglingCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9112 §2, §3, §5 and RFC 9110 §7: lines, targets, hosts, connection options, pipelines.</summary>
internal static class HeadRows
{
    private static readonly string Counted = $"Content-Length: {Smuggled.Length}";

    internal static readonly SmugglingCase[] All =
    [
        // §2.2 line ends and what stands before a request
        Passes("9112-2.2", "\r\n" + Line("GET /first HTTP/1.1"), "GET /first"),
        Passes("9112-2.2", "\r\n\r\n" + Line("GET /first HTTP/1.1"), "GET /first"),
        Refused("9112-2.2", "\n" + Line("GET /first HTTP/1.1")),
        Refused("9112-2.2", "\r" + Line("GET /first HTTP/1.1")),
        Refused("9112-2.2", " " + Line("GET /first HTTP/1.1")),
        Refused("9112-2.2", "\0" + Line("GET /first HTTP/1.1")),
        Refused("9112-2.2", "GET /first HTTP/1.1\nHost: a\n\n" + Smuggled),
        Refused("9112-2.2", "GET /first HTTP/1.1\r\nHost: a\n\r\n" + Smuggled),
        Refused("9112-2.2", "GET /first HTTP/1.1\r\nHost: a\r\n\n" + Smuggled),
        Refused("9112-2.2", "GET /first HTTP/1.1\rHost: a\r\r" + Smuggled),
        Refused("9112-2.2", $"GET /first HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n{Smuggled}"),
        Refused("9112-2.2", $"GET /first HTTP/1.1\r\nHost: a\r\nX: \r{Smuggled}"),
        Refused("9112-2.2", $"GET /first HTTP/1.1\r\nHost: a\r\nX: \n\n{Smuggled}"),

        // §3 request lines that hold two requests for somebody
        Refused("9112-3", Line("GET /first HTTP/1.1 HTTP/1.1")),
        Refused("9112-3", Line("GET /first HTTP/1.1\u000bX")),
        Refused("9112-3", Line("GET  /first HTTP/1.1")),
        Refused("9112-3", Line("GET /first  HTTP/1.1")),
        Refused("9112-3", Line("GET\t/first\tHTTP/1.1")),
        Refused("9112-3", Line("GET /first")),
        Refused("9112-3", "GET /first\r\n\r\n" + Smuggled),
        Refused("9112-3", Line("GET /first\u00a0HTTP/1.1")),
        Refused("9112-3", Line("GET /first HTTP/1.1 ")),
        Refused("9112-3", Line("GET /a /smuggled HTTP/1.1")),
        Refused("9112-3.2", Line("GET /first#f HTTP/1.1")),
        Refused("9112-3.2", Line("GET /first\u007f HTTP/1.1")),
        Refused("9112-3.2", Line("GET /\u00e9 HTTP/1.1")),
        Refused("9112-3.2", Line("GET /first%00 HTTP/1.1")),
        Refused("9112-3.2", Line("GET /first%0 HTTP/1.1")),
        Refused("9112-3.1", Line("G\u00cbT /first HTTP/1.1")),
        Refused("9112-3.1", Line("GET: /first HTTP/1.1")),
        Refused("9112-2.3", Line("GET /first HTTP/1.2"), 505),
        Refused("9112-2.3", Line("GET /first HTTP/2.0"), 505),
        Refused("9112-2.3", Line("GET /first HTTP/0.9"), 505),
        Refused("9112-2.3", Line("GET /first HTTP/1.1x")),
        Refused("9112-2.3", Line("GET /first http/1.1")),
        Refused("9112-2.3", Line("GET /first HTTP/1.01")),
        Refused("9112-2.3", Line("GET /first HTTP /1.1")),

        // §3.2 one name for one request
        Refused("9112-3.2.2", Line("GET http://b/first HTTP/1.1")),
        Refused("9112-3.2.2", Line("GET http://a:81/first HTTP/1.1")),
        Refused("9112-3.2.2", Line("GET http://a@b/first HTTP/1.1")),
        Refused("9112-3.2.2", Line("GET http://a\\@b/first HTTP/1.1")),
        Refused("9112-3.2.2", Line("GET ftp://a/first HTTP/1.1")),
        Refused("9112-3.2.2", Line("GET first HTTP/1.1")),
        Passes("9112-3.2.2", Line("GET http://a/first HTTP/1.1"), "GET /first"),
        Passes("9112-3.2.2", Line("GET http://A:80/first HTTP/1.1"), "GET /first"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: a/x\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: x@a\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost: a:80:81\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost:\r\n\r\n"),
        Refused("9112-3.2", "GET /first HTTP/1.1\r\nHost : a\r\n\r\n"),
        Refused("9112-3.2.3", Line("GET a:80 HTTP/1.1")),
        Refused("9112-3.2.4", Line("GET * HTTP/1.1")),

        // RFC 9110 §7.6.1: options that would take framing or identity away behind us
        Refused("9110-7.6.1", Post($"{Counted}\r\nConnection: content-length", Smuggled)),
        Refused("9110-7.6.1", Post($"{Counted}\r\nConnection: close, Content-Length", Smuggled)),
        Refused("9110-7.6.1", Post("Connection: host")),
        Refused("9110-7.6.1", Post("Connection: authorization")),
        Refused("9110-7.6.1", Post("Connection: a b")),
        Refused("9110-7.6.1", Post("Connection: \"close\"")),
        Passes("9110-7.6.1", Post("Connection: x-a, keep-alive\r\nX-A: 1"), "POST /first"),
        Passes("9110-7.6.1", Post("Connection: transfer-encoding\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "POST /first"),
        Passes("9110-7.6.1", Post($"Connection: te\r\nTE: chunked\r\n{Counted}", Smuggled), "POST /first"),
        Passes("9110-7.6.1", Post($"Keep-Alive: timeout=0\r\nProxy-Connection: close\r\n{Counted}", Smuggled), "POST /first"),
        Ends("9112-9.6", Post($"Connection: close\r\n{Counted}", Smuggled), "POST /first"),
        Ends("9112-9.6", Post($"Connection: x, Close\r\n{Counted}", Smuggled), "POST /first"),

        // RFC 9110 §10.1.1 Expect
        Passes("9110-10.1.1", Post($"Expect: 100-continue\r\n{Counted}", Smuggled), "POST /first"),
        Passes("9110-10.1.1", Post("Expect: 100-continue"), "POST /first"),
        Passes("9110-10.1.1", Post("Expect: 100-continue\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "POST /first"),
        Refused("9110-10.1.1", Post($"Expect: y 100-continue\r\n{Counted}", Smuggled), 417),
        Refused("9110-10.1.1", Post($"Expect: 100-continue, x\r\n{Counted}", Smuggled), 417),
        Refused("9110-10.1.1", Post($"Expect: 100-continue\r\nExpect: 100-continue\r\n{Counted}", Smuggled), 417),
        Refused("9110-10.1.1", Post($"Expect:\r\n{Counted}", Smuggled), 417),

        // RFC 9110 §7.8 Upgrade: refused by the server, so what follows is HTTP and nothing else
        Passes("9110-7.8", Post($"Connection: upgrade\r\nUpgrade: websocket\r\n{Counted}", Smuggled), "POST /first"),
        Passes("9110-7.8", Post($"Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n{Counted}", Smuggled), "POST /first"),
        Passes("9110-7.8", Post($"Upgrade: h2c\r\n{Counted}", Smuggled), "POST /first"),
        Ends("9113-3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),

        // §9.3.2 pipelines: order and number stay
        Passes("9112-9.3.2", Line("GET /a HTTP/1.1") + Post(Counted, Smuggled) + Line("GET /b HTTP/1.1"), "GET /a", "POST /first", "GET /b"),
        Passes("9112-9.3.2", Line("HEAD /a HTTP/1.1") + Line("GET /b HTTP/1.1") + Line("HEAD /c HTTP/1.1"), "HEAD /a", "GET /b", "HEAD /c"),
        Passes("9112-9.3.2", Chunked("1\r\na\r\n0\r\n\r\n") + Chunked("0\r\n\r\n"), "POST /first", "POST /first"),
        Passes("9112-9.3.2", Post("Content-Length: 2", "\r\n") + "\r\n" + Line("GET /b HTTP/1.1"), "POST /first", "GET /b"),
        PassesThenRefused("9112-9.3.2", Post("Content-Length: 1", "x("), 400, "POST /first"),
        PassesThenRefused("9112-9.3.2", Line("GET /a HTTP/1.1") + "junk\r\n\r\n", 400, "GET /a"),
        PassesThenRefused("9112-9.3.2", Line("GET /a HTTP/1.1") + Post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + Smuggled), 400, "GET /a"),
        PassesThenRefused("9112-9.3.2", Post("X: y", "0\r\n\r\n" + Smuggled), 400, "POST /first"),

        // Limits, so that nobody reads on where another stopped
        Refused("9112-3", Line($"GET /{new string('a', 20_000)} HTTP/1.1"), 414),
        Refused("9110-5.4", Line("GET /first HTTP/1.1", string.Concat(Enumerable.Repeat("X: y\r\n", 200))), 431),
        Refused("9110-5.4", Line("GET /first HTTP/1.1", $"X: {new string('y', 70_000)}\r\n"), 431),
    ];
}
