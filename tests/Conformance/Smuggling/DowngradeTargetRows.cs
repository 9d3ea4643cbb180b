using static Weft.Conformance.Smuggling.DowngradeCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9113 §8.3: pseudo-header fields that would be more than a request line and a Host.</summary>
internal static class DowngradeTargetRows
{
    internal static readonly DowngradeCase[] All =
    [
        // :path
        Refused("8.3.1", ":path with the rest of a request line", Path("/first HTTP/1.1\r\nX: y")),
        Refused("8.3.1", ":path with a whole request", Path($"/first HTTP/1.1\r\nHost: a\r\n\r\n{SmugglingCase.Smuggled}")),
        Refused("8.3.1", ":path with a space", Path("/a b")),
        Refused("8.3.1", ":path with a version", Path("/first HTTP/1.1")),
        Refused("8.3.1", ":path with a tab", Path("/first\tb")),
        Refused("8.3.1", ":path with LF", Path("/first\nb")),
        Refused("8.3.1", ":path with NUL", Path("/first\0")),
        Refused("8.3.1", ":path with DEL", Path("/first\u007f")),
        Refused("8.3.1", ":path above ASCII", Path("/first\u00e9")),
        Refused("8.3.1", ":path with a fragment", Path("/first#f")),
        Refused("8.3.1", ":path in absolute form", Path("http://b/first")),
        Refused("8.3.1", ":path in authority form", Path("b:80")),
        Refused("8.3.1", ":path without /", Path("first")),
        Refused("8.3.1", ":path that begins with ?", Path("?a")),
        Refused("8.3.1", ":path, empty", Path("")),
        Refused("8.3.1", ":path * of a GET", Path("*")),
        Answered("3986-2.1", ":path with %00", Path("/first%00"), 400),
        Answered("3986-2.1", ":path with half an encoding", Path("/first%2"), 400),
        Answered("3986-2.1", ":path with a wrong encoding", Path("/first%zz"), 400),
        Passes("3986-2.1", ":path with CR LF in encoding", Path("/first%0d%0aX:%20y"), "GET /first%0D%0AX:%20y"),
        Passes("3986-6.2.2", ":path with dot segments", Path("/a/b/../../first"), "GET /first"),
        Passes("3986-6.2.2", ":path with dot segments in encoding", Path("/a/%2e%2E/first"), "GET /first"),
        Passes("3986-6.2.2", ":path with dot segments over the root", Path("/../../first"), "GET /first"),
        Passes("3986-6.2.2", ":path with backslashes", Path("/a\\..\\first"), "GET /first"),
        Passes("3986-6.2.2", ":path with an encoded slash", Path("/first%2f..%2Fb"), "GET /first%2F..%2Fb"),
        Passes("3986-6.2.2", ":path encoded twice", Path("/first%252e%252e"), "GET /first%252e%252e"),
        Passes("3986-3.3", ":path with a parameter before dots", Path("/first/..;/b"), "GET /first/..;/b"),
        Passes("3986-3.3", ":path with two slashes", Path("//b/first"), "GET //b/first"),
        Passes("3986-3.4", "query that looks like a path", Path("/first?x=/../y"), "GET /first?x=/../y"),

        // :method
        Refused("8.3.1", ":method with a whole request", Head(true, ":method: GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\nGET", ":scheme: http", ":path: /first", ":authority: a")),
        Refused("8.3.1", ":method with a target", Head(true, ":method: GET /smuggled", ":scheme: http", ":path: /first", ":authority: a")),
        Refused("8.3.1", ":method with a space", Request("G T", "/first", isEnd: true)),
        Refused("8.3.1", ":method with a space behind it", Request("GET ", "/first", isEnd: true)),
        Refused("8.3.1", ":method with a colon", Request("GET:", "/first", isEnd: true)),
        Refused("8.3.1", ":method with LF", Request("GET\n", "/first", isEnd: true)),
        Refused("8.3.1", ":method, empty", Request("", "/first", isEnd: true)),
        Refused("8.3.1", ":method of 33 letters", Request(new string('A', 33), "/first", isEnd: true)),

        // :authority and host
        Refused("8.3.1", ":authority with user information", Authority("u@a")),
        Refused("8.3.1", ":authority with a password", Authority("u:p@a:80")),
        Refused("8.3.1", ":authority with CR LF", Authority("a\r\nX: y")),
        Refused("8.3.1", ":authority with a space", Authority("a b")),
        Refused("8.3.1", ":authority with a path", Authority("a/b")),
        Refused("8.3.1", ":authority with a query", Authority("a?b")),
        Refused("8.3.1", ":authority with two ports", Authority("a:80:80")),
        Refused("8.3.1", ":authority with a port too large", Authority("a:99999")),
        Refused("8.3.1", ":authority with port 0", Authority("a:0")),
        Refused("8.3.1", ":authority with an empty port", Authority("a:")),
        Refused("8.3.1", ":authority with an open bracket", Authority("[::1")),
        Refused("8.3.1", ":authority with encoding", Authority("a%2eb")),
        Refused("8.3.1", ":authority of two names", Authority("a,b")),
        Refused("8.3.1", ":authority, empty", Authority("")),
        Refused("8.3.1", "host that differs", Get("host: b")),
        Refused("8.3.1", "host with another port", Get("host: a:81")),
        Refused("8.3.1", "host twice", Get("host: a", "host: a")),
        Refused("8.3.1", "host with CR LF", Head(true, ":method: GET", ":scheme: http", ":path: /first", "host: a\r\nX: y")),
        Refused("8.3.1", "neither :authority nor host", Head(true, ":method: GET", ":scheme: http", ":path: /first")),
        Passes("8.3.1", "host that says the same", Get("host: a"), field: "host", value: "a"),
        Passes("8.3.1", "host in another case", Get("host: A"), field: "host", value: "a"),
        Passes("8.3.1", "host instead of :authority", Head(true, ":method: GET", ":scheme: http", ":path: /first", "host: b:81"), field: "host", value: "b:81"),
        Passes("8.3.1", ":authority with a final dot", Authority("a."), field: "host", value: "a"),

        // :scheme
        Refused("8.3.1", ":scheme of another kind", Scheme("ftp")),
        Refused("8.3.1", ":scheme in upper case", Scheme("HTTP")),
        Refused("8.3.1", ":scheme with more", Scheme("http://b/?x=")),
        Refused("8.3.1", ":scheme with CR LF", Scheme("http\r\nX: y")),
        Refused("8.3.1", ":scheme, empty", Scheme("")),

        // §8.3 order and number
        Refused("8.3", ":method twice", Head(true, ":method: GET", ":method: POST", ":scheme: http", ":path: /first", ":authority: a")),
        Refused("8.3", ":path twice", Head(true, ":method: GET", ":scheme: http", ":path: /first", ":path: /smuggled", ":authority: a")),
        Refused("8.3", ":authority twice", Head(true, ":method: GET", ":scheme: http", ":path: /first", ":authority: a", ":authority: b")),
        Refused("8.3", ":path behind a field", Head(true, ":method: GET", ":scheme: http", ":authority: a", "x: y", ":path: /first")),
        Refused("8.3", ":status in a request", Get(":status: 200")),
        Refused("8.3", "pseudo-header field of no name", Get(":: x")),
        Refused("8.3", "pseudo-header field that is unknown", Head(true, ":method: GET", ":scheme: http", ":path: /first", ":authority: a", ":host: b")),
        Refused("8.3", "pseudo-header field in upper case", Head(true, ":method: GET", ":scheme: http", ":PATH: /first", ":authority: a")),

        // §8.5 and RFC 8441: CONNECT
        Refused("8.5", "CONNECT with a path", Request("CONNECT", "/first", isEnd: true)),
        Refused("8.5", "CONNECT without a port", Head(true, ":method: CONNECT", ":authority: a")),
        Refused("8.5", "CONNECT with CR LF", Head(true, ":method: CONNECT", ":authority: a:80 HTTP/1.1\r\nX: y")),
        Refused("8441-4", ":protocol of a GET", Head(true, ":method: GET", ":protocol: websocket", ":scheme: http", ":path: /first", ":authority: a")),
        Refused("8441-4", ":protocol with a field behind CR LF", Extended("websocket\r\nTransfer-Encoding: chunked")),
        Refused("8441-4", ":protocol with a whole request", Extended($"x\r\n\r\n{SmugglingCase.Smuggled.TrimEnd()}")),
        Refused("8441-4", ":protocol of two", Extended("websocket, h2c")),
        Refused("8441-4", ":protocol, empty", Extended("")),
        Passes("8441-4", ":protocol h2c is asked of nobody", Extended("h2c"), field: "upgrade", status: 501),
        Passes("8441-5", ":protocol that the server declines", Extended("websocket") + Data(SmugglingCase.Smuggled), field: "upgrade", value: "websocket", status: 501),
    ];

    private static string Path(string path) => Request("GET", path, isEnd: true);

    private static string Authority(string authority) => Head(true, ":method: GET", ":scheme: http", ":path: /first", $":authority: {authority}");

    private static string Scheme(string scheme) => Head(true, ":method: GET", $":scheme: {scheme}", ":path: /first", ":authority: a");

    private static string Extended(string protocol) => Head(false, ":method: CONNECT", $":protocol: {protocol}", ":scheme: http", ":path: /first", ":authority: a");
}
