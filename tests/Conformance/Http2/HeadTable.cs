using System.Text;
using Weft.Wire.Http2;
using static Weft.Wire.Http2.Http2HeadError;

namespace Weft.Conformance.Http2;

/// <summary>RFC 9113 §8 and RFC 8441 §4: field sections that are messages, and those that are not.</summary>
public sealed class HeadTable
{
    private const string Get = ":method: GET|:scheme: https|:authority: a|:path: /";

    public static TheoryData<string, string, Http2HeadError> Requests => new()
    {
        { "8.3.1", Get, None },
        { "8.3.1", ":method: GET|:scheme: https|:path: /|host: a", None },
        { "8.3.1", Get + "|host: a", None },
        { "8.3.1", Get + "|host: b", AuthorityMismatch },
        { "8.3.1", Get + "|host: a|host: a", AuthorityMismatch },
        { "8.3.1", ":method: GET|:scheme: https|:path: /", AuthorityInvalid },
        { "8.3.1", ":method: GET|:scheme: https|:authority: u@a|:path: /", AuthorityInvalid },
        { "8.3.1", ":scheme: https|:authority: a|:path: /", PseudoMissing },
        { "8.3.1", ":method: GET|:authority: a|:path: /", PseudoMissing },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a", PseudoMissing },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a|:path: ", PathInvalid },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a|:path: a", PathInvalid },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a|:path: *", PathInvalid },
        { "8.3.1", ":method: OPTIONS|:scheme: https|:authority: a|:path: *", None },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a|:path: /a b", PathInvalid },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a|:path: /\r\nX: y", PathInvalid },
        { "8.3.1", ":method: GET|:scheme: https|:authority: a|:path: http://a/", PathInvalid },
        { "8.3.1", ":method: G T|:scheme: https|:authority: a|:path: /", MethodInvalid },
        { "8.3.1", ":method: |:scheme: https|:authority: a|:path: /", MethodInvalid },
        { "8.3.1", ":method: GET|:scheme: ftp|:authority: a|:path: /", SchemeInvalid },
        { "8.3", Get + "|:path: /b", PseudoRepeated },
        { "8.3", ":method: GET|x: y|:scheme: https|:authority: a|:path: /", PseudoAfterField },
        { "8.3", Get + "|:other: x", PseudoUnknown },
        { "8.3", Get + "|:status: 200", PseudoForbidden },
        { "8.2.1", Get + "|X-Upper: y", NameInvalid },
        { "8.2.1", Get + "|: y", NameInvalid },
        { "8.2.1", Get + "|a b: y", NameInvalid },
        { "8.2.1", Get + "|x: a\r\nTransfer-Encoding: chunked", ValueInvalid },
        { "8.2.1", Get + "|x: a\0b", ValueInvalid },
        { "8.2.1", Get + "|x:  a", ValueInvalid },
        { "8.2.1", Get + "|x: a ", ValueInvalid },
        { "8.2.2", Get + "|connection: close", ConnectionField },
        { "8.2.2", Get + "|keep-alive: 5", ConnectionField },
        { "8.2.2", Get + "|proxy-connection: close", ConnectionField },
        { "8.2.2", Get + "|transfer-encoding: chunked", ConnectionField },
        { "8.2.2", Get + "|upgrade: h2c", ConnectionField },
        { "8.2.2", Get + "|te: trailers", None },
        { "8.2.2", Get + "|te: gzip", TeInvalid },
        { "8.1.1", Get + "|content-length: 5", None },
        { "8.1.1", Get + "|content-length: 5|content-length: 5", ContentLengthInvalid },
        { "8.1.1", Get + "|content-length: +5", ContentLengthInvalid },
        { "8.1.1", Get + "|content-length: ", ContentLengthInvalid },
        { "8.5", ":method: CONNECT|:authority: a:443", None },
        { "8.5", ":method: CONNECT|:authority: a", AuthorityInvalid },
        { "8.5", ":method: CONNECT|:authority: a:443|:path: /", PseudoForbidden },
        { "8.5", ":method: CONNECT|:scheme: https|:authority: a:443", PseudoForbidden },
        { "8441-4", ":method: CONNECT|:protocol: websocket|:scheme: https|:path: /|:authority: a", None },
        { "8441-4", ":method: GET|:protocol: websocket|:scheme: https|:path: /|:authority: a", PseudoForbidden },
        { "8441-4", ":method: CONNECT|:protocol: websocket|:authority: a", PseudoMissing },
        { "8441-4", ":method: CONNECT|:protocol: TLS/1.0|:scheme: https|:path: /|:authority: a", None },
        { "8441-4", ":method: CONNECT|:protocol: |:scheme: https|:path: /|:authority: a", ProtocolInvalid },
        { "8441-4", ":method: CONNECT|:protocol: a b|:scheme: https|:path: /|:authority: a", ProtocolInvalid },
        { "8441-4", ":method: CONNECT|:protocol: a\r\nx: y|:scheme: https|:path: /|:authority: a", ProtocolInvalid },
        { "8441-4", ":method: CONNECT|:protocol: a/b/c|:scheme: https|:path: /|:authority: a", ProtocolInvalid },
    };

    public static TheoryData<string, string, Http2HeadError> Responses => new()
    {
        { "8.3.2", ":status: 200", None },
        { "8.3.2", ":status: 103|link: x", None },
        { "8.3.2", "x: y", PseudoMissing },
        { "8.3.2", ":status: 20", StatusInvalid },
        { "8.3.2", ":status: 2000", StatusInvalid },
        { "8.3.2", ":status: abc", StatusInvalid },
        { "8.6", ":status: 101", StatusInvalid },
        { "8.3", ":status: 200|:path: /", PseudoForbidden },
        { "8.3", ":status: 200|:status: 200", PseudoRepeated },
        { "8.2.2", ":status: 200|connection: close", ConnectionField },
    };

    public static TheoryData<string, string, Http2HeadError> Trailers => new()
    {
        { "8.1", "grpc-status: 0", None },
        { "8.1", "x: y|:status: 200", PseudoForbidden },
        { "9110-6.5.1", "content-length: 5", TrailerForbidden },
        { "9110-6.5.1", "authorization: x", TrailerForbidden },
        { "8.2.1", "X: y", NameInvalid },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void Request_Row_GetsItsVerdict(string section, string fields, Http2HeadError verdict) =>
        Assert.Equal((section, verdict), (section, Http2Head.ReadRequest(List(fields), out _)));

    [Theory]
    [MemberData(nameof(Responses))]
    public void Response_Row_GetsItsVerdict(string section, string fields, Http2HeadError verdict) =>
        Assert.Equal((section, verdict), (section, Http2Head.ReadResponse(List(fields), out _)));

    [Theory]
    [MemberData(nameof(Trailers))]
    public void Trailers_Row_GetsItsVerdict(string section, string fields, Http2HeadError verdict) =>
        Assert.Equal((section, verdict), (section, Http2Head.CheckTrailers(List(fields))));

    private static HeaderList List(string fields)
    {
        var list = new HeaderList();
        foreach (string field in fields.Split('|'))
        {
            int colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
            colon = colon < 0 ? 0 : colon;
            list.Add(Encoding.Latin1.GetBytes(field[..colon]), Encoding.Latin1.GetBytes(field[(colon + 2)..]));
        }

        return list;
    }
}
