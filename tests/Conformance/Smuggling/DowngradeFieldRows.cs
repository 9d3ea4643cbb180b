using static Weft.Conformance.Smuggling.DowngradeCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9113 §8.2: names and values that would be more than one field line, and fields that only a connection of HTTP/1 has.</summary>
internal static class DowngradeFieldRows
{
    private const string Smuggled = SmugglingCase.Smuggled;

    internal static readonly DowngradeCase[] All =
    [
        // §8.2.1 values
        Refused("8.2.1", "value with a field behind CR LF", Get("x: a\r\nTransfer-Encoding: chunked")),
        Refused("8.2.1", "value with a request behind CR LF", Get($"x: a\r\n\r\n{Smuggled}")),
        Refused("8.2.1", "value with bare CR", Get("x: a\rb: c")),
        Refused("8.2.1", "value with bare LF", Get("x: a\nb: c")),
        Refused("8.2.1", "value with CR at its end", Get("x: a\r")),
        Refused("8.2.1", "value with NUL", Get("x: a\0b")),
        Refused("8.2.1", "value with DEL", Get("x: a\u007f")),
        Refused("8.2.1", "value with a control byte", Get("x: \u0001")),
        Refused("8.2.1", "value with vertical tab", Get("x: \u000ba")),
        Refused("8.2.1", "value with space before it", Get("x:  a")),
        Refused("8.2.1", "value with tab behind it", Get("x: a\t")),
        Passes("8.2.1", "value with tab in it", Get("x: a\tb"), field: "x", value: "a\tb"),
        Passes("8.2.1", "value of bytes above ASCII", Get("x: \u00ff\u0085"), field: "x", value: "\u00ff\u0085"),
        Passes("8.2.1", "value with a colon", Get("x: transfer-encoding: chunked"), field: "x", value: "transfer-encoding: chunked"),

        // names
        Refused("8.2.1", "name with a colon", Get("x:y: a")),
        Refused("8.2.1", "name with a colon at its end", Get("content-length:: 5")),
        Refused("8.2.1", "name with a colon before it", Get(":x: a")),
        Refused("8.2.1", "name with a space", Get("x y: a")),
        Refused("8.2.1", "name with a space before it", Get(" x: a")),
        Refused("8.2.1", "name with a space behind it", Get("transfer-encoding : chunked")),
        Refused("8.2.1", "name with a tab behind it", Get("transfer-encoding\t: chunked")),
        Refused("8.2.1", "name with CR LF", Get("x\r\ny: a")),
        Refused("8.2.1", "name with a whole request", Get("x\r\n\r\nGET /smuggled HTTP/1.1\r\nhost:a\r\n\r\n: a")),
        Refused("8.2.1", "name with LF", Get("x\ntransfer-encoding: chunked")),
        Refused("8.2.1", "name with NUL", Get("x\0: a")),
        Refused("8.2.1", "name above ASCII", Get("x\u00ff: a")),
        Refused("8.2.1", "name in parentheses", Get("(x): a")),
        Refused("8.2.1", "name in upper case", Get("X: a")),
        Refused("8.2.1", "name of a framing field in upper case", Post(Smuggled, "Content-Length: 0")),
        Refused("8.2.1", "empty name", Get(": a")),
        Passes("8.2.1", "name with every mark of a token", Get("!#$%&'*+-.^_`|~9: a"), field: "!#$%&'*+-.^_`|~9", value: "a"),

        // §8.2.2 what belongs to a connection
        Refused("8.2.2", "connection: close", Get("connection: close")),
        Refused("8.2.2", "connection that names a field", Post("hello", "connection: content-length", "content-length: 5")),
        Refused("8.2.2", "connection, empty", Get("connection: ")),
        Refused("8.2.2", "keep-alive", Get("keep-alive: timeout=5")),
        Refused("8.2.2", "proxy-connection", Get("proxy-connection: keep-alive")),
        Refused("8.2.2", "transfer-encoding: chunked", Post($"0\r\n\r\n{Smuggled}", "transfer-encoding: chunked")),
        Refused("8.2.2", "transfer-encoding: identity", Post(Smuggled, "transfer-encoding: identity")),
        Refused("8.2.2", "transfer-encoding, empty", Post(Smuggled, "transfer-encoding: ")),
        Refused("8.2.2", "transfer-encoding with content-length", Post("0\r\n\r\n", "content-length: 5", "transfer-encoding: chunked")),
        Refused("8.2.2", "upgrade: h2c", Get("upgrade: h2c")),
        Refused("8.2.2", "upgrade: h2c with its connection options", Get("upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__", "connection: upgrade, http2-settings")),
        Refused("8.2.2", "upgrade: websocket", Get("upgrade: websocket")),
        Passes("8.2.2", "http2-settings alone goes no further", Get("http2-settings: AAMAAABkAAQAAP__"), field: "http2-settings"),
        Refused("8.2.2", "te: gzip", Get("te: gzip")),
        Refused("8.2.2", "te: trailers with another", Get("te: trailers, chunked")),
        Refused("8.2.2", "te, empty", Get("te: ")),
        Passes("8.2.2", "te: trailers", Get("te: trailers"), field: "te", value: "trailers"),
        Passes("8.2.2", "te: trailers twice is said once", Get("te: trailers", "te: trailers"), field: "te", value: "trailers"),
        Passes("9110-5.1", "transfer_encoding", Post("0\r\n\r\n", "content-length: 5", "transfer_encoding: chunked"), "POST /first", "0\r\n\r\n"),
        Passes("9110-5.1", "x-transfer-encoding", Post("0\r\n\r\n", "content-length: 5", "x-transfer-encoding: chunked"), "POST /first", "0\r\n\r\n"),

        // §8.2.3 cookies
        Passes("8.2.3", "cookie in two crumbs", Get("cookie: a=b", "x: y", "cookie: c=d"), field: "cookie", value: "a=b; c=d"),
        Passes("8.2.3", "cookie whose crumbs are empty", Get("cookie: ", "cookie: a=b"), field: "cookie", value: "a=b"),
        Refused("8.2.3", "crumb with CR LF", Get("cookie: a=b", "cookie: c\r\nx: y")),
        Answered("8.2.3", "cookie in a thousand crumbs", Get([.. Enumerable.Repeat("cookie: a", 1_000)]), 431),
        Answered("10.5.1", "a thousand fields", Get([.. Enumerable.Range(0, 1_000).Select(i => $"x{i}: ")]), 431),

        // Expect is met or refused here
        Passes("9110-10.1.1", "expectation of a request without content", Get("expect: 100-continue"), field: "expect"),
        Passes("9110-10.1.1", "expectation with content", Post("hello", "expect: 100-continue"), "POST /first", "hello", field: "expect"),
        Answered("9110-10.1.1", "expectation of another kind", Post("hello", "expect: x"), 417),
        Answered("9110-10.1.1", "expectation twice", Post("hello", "expect: 100-continue", "expect: 100-continue"), 417),
        Answered("9110-10.1.1", "expectation, empty", Get("expect: "), 417),
    ];
}
