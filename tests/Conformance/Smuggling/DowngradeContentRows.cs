using static Weft.Conformance.Smuggling.DowngradeCase;

namespace Weft.Conformance.Smuggling;

/// <summary>RFC 9113 §8.1: content whose length is told twice, and trailers that would be a head.</summary>
internal static class DowngradeContentRows
{
    private const string Smuggled = SmugglingCase.Smuggled;
    private static readonly int Length = Smuggled.Length;

    internal static readonly DowngradeCase[] All =
    [
        // §8.1.1 length against DATA
        Refused("8.1.1", "length 0 with content", Post(Smuggled, "content-length: 0")),
        Refused("8.1.1", "length under the content", Post("hello" + Smuggled, "content-length: 5")),
        Refused("8.1.1", "length over the content", Post(Smuggled, $"content-length: {Length + 1}")),
        Refused("8.1.1", "length without content", Get("content-length: 5")),
        Refused("8.1.1", "length twice, the same", Post(Smuggled, $"content-length: {Length}", $"content-length: {Length}")),
        Refused("8.1.1", "length twice, different", Post(Smuggled, "content-length: 0", $"content-length: {Length}")),
        Refused("8.1.1", "length in a list", Post(Smuggled, $"content-length: {Length}, {Length}")),
        Refused("8.1.1", "length with a sign", Post(Smuggled, $"content-length: +{Length}")),
        Refused("8.1.1", "length below nothing", Post(Smuggled, "content-length: -1")),
        Refused("8.1.1", "length in hexadecimal", Post(Smuggled, $"content-length: 0x{Length:x}")),
        Refused("8.1.1", "length with a fraction", Post(Smuggled, $"content-length: {Length}.0")),
        Refused("8.1.1", "length, empty", Post(Smuggled, "content-length: ")),
        Refused("8.1.1", "length over 64 bits", Post(Smuggled, $"content-length: 1844674407370955161{Length + 6}")),
        Refused("8.1.1", "length with CR LF", Post(Smuggled, $"content-length: {Length}\r\nX: y")),
        Passes("8.1.1", "length that is right", Post(Smuggled, $"content-length: {Length}"), "POST /first", Smuggled),
        Passes("8.1.1", "length with zeros before it", Post(Smuggled, $"content-length: 000{Length}"), "POST /first", Smuggled),
        Passes("8.1.1", "length 0 and no content", Request("POST", "/first", isEnd: true, "content-length: 0"), "POST /first"),

        // content that looks like something else
        Passes("8.1", "request as content of a POST", Post(Smuggled), "POST /first", Smuggled),
        Passes("8.1", "chunks as content", Post($"0\r\n\r\n{Smuggled}"), "POST /first", $"0\r\n\r\n{Smuggled}"),
        Passes("8.1", "content of a GET", Request("GET", "/first", isEnd: false) + Data(Smuggled), "GET /first", Smuggled),
        Passes("8.1", "content of a GET with its length", Request("GET", "/first", isEnd: false, $"content-length: {Length}") + Data(Smuggled), "GET /first", Smuggled),
        Passes("8.1", "content of a HEAD", Request("HEAD", "/first", isEnd: false) + Data(Smuggled), "HEAD /first", Smuggled),
        Passes("8.1", "content of a DELETE", Request("DELETE", "/first", isEnd: false) + Data(Smuggled), "DELETE /first", Smuggled),
        Passes("8.1", "content of an OPTIONS", Request("OPTIONS", "/first", isEnd: false) + Data(Smuggled), "OPTIONS /first", Smuggled),
        Passes("8.1", "content in many frames", Request("POST", "/first", isEnd: false) + Data("GET /smugg", isEnd: false) + Data("", isEnd: false) + Data("led HTTP/1.1\r\n\r\n"), "POST /first", "GET /smuggled HTTP/1.1\r\n\r\n"),
        Passes("6.1", "content whose end is a frame of its own", Request("POST", "/first", isEnd: false) + Data(Smuggled, isEnd: false) + Data(""), "POST /first", Smuggled),
        Passes("6.1", "content with padding", Request("POST", "/first", isEnd: false) + Http2.Http2Wire.Frame(0, 9, 1, "02" + "68656C6C6F" + "0D0A"), "POST /first", "hello"),
        Breaks("6.1", "content behind the end", Post("hello") + Data(Smuggled)),
        Breaks("8.1.1", "length passed by a later frame", Request("POST", "/first", isEnd: false, "content-length: 5") + Data("hello", isEnd: false) + Data(Smuggled)),

        // §8.1 trailers
        Passes("8.1", "trailers behind content", Request("POST", "/first", isEnd: false) + Data("hello", isEnd: false) + Head(true, "x-sum: 1"), "POST /first", "hello|x-sum: 1"),
        Passes("8.1", "trailers without content", Request("POST", "/first", isEnd: false) + Head(true, "x-sum: 1"), "POST /first", "|x-sum: 1"),
        Passes("8.1", "trailers where the length left no room", Request("POST", "/first", isEnd: false, "content-length: 5") + Data("hello", isEnd: false) + Head(true, "x-sum: 1"), "POST /first", "hello"),
        Breaks("9110-6.5.1", "trailer content-length", Trailers($"content-length: {Length}")),
        Breaks("9110-6.5.1", "trailer host", Trailers("host: b")),
        Breaks("9110-6.5.1", "trailer authorization", Trailers("authorization: x")),
        Breaks("9110-6.5.1", "trailer cookie", Trailers("cookie: a=b")),
        Breaks("9110-6.5.1", "trailer content-type", Trailers("content-type: text/plain")),
        Breaks("9110-6.5.1", "trailer expect", Trailers("expect: 100-continue")),
        Breaks("9110-6.5.1", "trailer te", Trailers("te: trailers")),
        Breaks("9110-6.5.1", "trailer x-forwarded-for", Trailers("x-forwarded-for: 1.2.3.4")),
        Breaks("8.2.2", "trailer transfer-encoding", Trailers("transfer-encoding: chunked")),
        Breaks("8.2.2", "trailer connection", Trailers("connection: close")),
        Breaks("8.2.2", "trailer upgrade", Trailers("upgrade: h2c")),
        Breaks("8.2.1", "trailer with CR LF", Trailers($"x: a\r\n\r\n{Smuggled}")),
        Breaks("8.2.1", "trailer in upper case", Trailers("X: a")),
        Breaks("8.2.1", "trailer with a space in its name", Trailers("x y: a")),
        Breaks("8.1", "pseudo-header field among trailers", Trailers(":path: /smuggled")),
        Breaks("8.1", "a second request as trailers", Request("POST", "/first", isEnd: false) + Data("hello", isEnd: false) + Request("GET", "/smuggled", isEnd: true)),
        Breaks("8.1", "trailers that do not end", Request("POST", "/first", isEnd: false) + Data("hello", isEnd: false) + Head(false, "x: y") + Data(Smuggled)),
    ];

    private static string Trailers(string field) => Request("POST", "/first", isEnd: false) + Data("hello", isEnd: false) + Head(true, field);
}
