using System.Text;
using Weft.Wire;
using Weft.Wire.Http1;
using static Weft.Conformance.Http1.HeadCase;
using static Weft.Wire.Http1.Http1Error;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Conformance.Http1;

/// <summary>RFC 9112 §6: where a message ends. Here two readers that differ are a smuggled request.</summary>
public sealed class FramingTable
{
    public static TheoryData<HeadCase> Requests =>
    [
        // §6.2, §6.3 Content-Length
        Fields("9112-6.2", "X: y", None, BodyFraming.None),
        Fields("9112-6.2", "Content-Length: 0", None, BodyFraming.None),
        Fields("9112-6.2", "Content-Length: 5", None, BodyFraming.Length),
        Fields("9112-6.2", "content-length:5", None, BodyFraming.Length),
        Fields("9112-6.2", "Content-Length: 0005", None, BodyFraming.Length),
        Fields("9112-6.2", "Content-Length: 9223372036854775807", None, BodyFraming.Length),
        Fields("9112-6.3", "Content-Length: 9223372036854775808", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 99999999999999999999999999", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length:", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: -1", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: +5", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5 5", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5,5", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5, 6", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 0x5", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5.0", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 1e3", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: \"5\"", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5;", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: \u00b2", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5_0", ContentLengthInvalid),
        Fields("9112-6.3", "Content-Length: 5\r\nContent-Length: 5", ContentLengthRepeated),
        Fields("9112-6.3", "Content-Length: 5\r\nContent-Length: 6", ContentLengthRepeated),
        Fields("9112-6.3", "Content-Length: 5\r\ncontent-length: 0", ContentLengthRepeated),

        // §6.1 Transfer-Encoding: "chunked", once, alone
        Fields("9112-6.1", "Transfer-Encoding: chunked", None, BodyFraming.Chunked),
        Fields("9112-6.1", "transfer-encoding:\tCHUNKED \t", None, BodyFraming.Chunked),
        Fields("9112-6.1", "Transfer-Encoding: identity", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: gzip, chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked, gzip", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked, chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked, identity", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked,", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: ,chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked;q=1", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: \"chunked\"", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: xchunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunkedx", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: x chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding:", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: cow", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: 'chunked'", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: \u00ffchunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chun\u212aed".Replace('\u212a', '\u00ea'), TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", TransferEncodingUnsupported),
        Fields("9112-6.1", "Transfer-Encoding: \u000bchunked", ControlByte),
        Fields("9112-6.1", "Transfer-Encoding\0: chunked", NulByte),
        Fields("9112-6.1", "X: x\rTransfer-Encoding: chunked", BareCr),

        // §6.1 both is an attack
        Fields("9112-6.1", "Content-Length: 5\r\nTransfer-Encoding: chunked", TransferEncodingWithLength),
        Fields("9112-6.1", "Transfer-Encoding: chunked\r\nContent-Length: 0", TransferEncodingWithLength),
        Fields("9112-6.1", "Content-Length: 5\r\nTransfer-Encoding: identity", TransferEncodingWithLength),
        Whole("9112-6.1", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", TransferEncodingInHttp10),
        Whole("9112-6.1", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", TransferEncodingInHttp10),

        // What merely looks like framing is an ordinary field.
        Fields("9110-5.1", "Content_Length: 5", None, BodyFraming.None),
        Fields("9110-5.1", "Transfer_Encoding: chunked", None, BodyFraming.None),
        Fields("9110-5.1", "X-Transfer-Encoding: chunked", None, BodyFraming.None),
        Fields("9110-5.1", "TE: chunked", None, BodyFraming.None),
    ];

    /// <summary>RFC 9112 §6.3, in its order: method, status and fields decide.</summary>
    public static TheoryData<HttpMethod, string, Http1Error, BodyFraming, bool> Responses => new()
    {
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", None, BodyFraming.Length, true },
        { HttpMethod.Get, "HTTP/1.1 200\r\nContent-Length: 5\r\n", None, BodyFraming.Length, true },
        { HttpMethod.Get, "HTTP/1.1 200 \r\nContent-Length: 0\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", None, BodyFraming.Chunked, true },
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\n", None, BodyFraming.UntilClose, false },
        { HttpMethod.Get, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n", None, BodyFraming.Length, true },
        { HttpMethod.Get, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n", None, BodyFraming.Length, false },
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n", None, BodyFraming.Length, false },
        { HttpMethod.Head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", None, BodyFraming.None, true },
        { HttpMethod.Head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 204 No Content\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n", None, BodyFraming.None, false },
        { HttpMethod.Get, "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n", None, BodyFraming.None, false },
        { HttpMethod.Get, "HTTP/1.1 100 Continue\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n", None, BodyFraming.None, true },
        { HttpMethod.Get, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", None, BodyFraming.Tunnel, false },
        { HttpMethod.Connect, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", None, BodyFraming.Tunnel, false },
        { HttpMethod.Connect, "HTTP/1.1 407 No\r\nContent-Length: 5\r\n", None, BodyFraming.Length, true },
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n", ContentLengthRepeated, default, false },
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", TransferEncodingWithLength, default, false },
        { HttpMethod.Get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", TransferEncodingUnsupported, default, false },
        { HttpMethod.Get, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", TransferEncodingInHttp10, default, false },
        { HttpMethod.Get, "HTTP/1.1 2000 OK\r\n", StatusLineInvalid, default, false },
        { HttpMethod.Get, "HTTP/1.1 20x OK\r\n", StatusInvalid, default, false },
        { HttpMethod.Get, "HTTP/1.1 099 OK\r\n", StatusInvalid, default, false },
        { HttpMethod.Get, "HTTP/1.1  200 OK\r\n", StatusInvalid, default, false },
        { HttpMethod.Get, "HTTP/1.1 20\r\n", StatusLineInvalid, default, false },
        { HttpMethod.Get, "HTTP/2.0 200 OK\r\n", VersionUnsupported, default, false },
        { HttpMethod.Get, "ICY 200 OK     \r\n", StatusLineInvalid, default, false },
        { HttpMethod.Get, "HTTP/1.1 200 O\u0001K\r\n", ControlByte, default, false },
        { HttpMethod.Get, "HTTP/1.1 200 OK\nX: y\r\n", BareLf, default, false },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void RequestFraming_Row_GetsItsVerdict(HeadCase row) => row.CheckRequest();

    [Theory]
    [MemberData(nameof(Responses))]
    public void ResponseFraming_Row_GetsItsVerdict(HttpMethod method, string lines, Http1Error verdict, BodyFraming framing, bool keepAlive)
    {
        var head = new ResponseHead();
        ReadStatus status = head.Read(Encoding.Latin1.GetBytes(lines + "\r\n"), Http1Limits.Default, method);
        Assert.Equal(verdict, head.Error);
        Assert.Equal(Http1Errors.ReadStatusOf(verdict), status);
        if (verdict is None)
        {
            Assert.Equal(framing, head.Framing);
            Assert.Equal(keepAlive, head.KeepAlive);
        }
    }
}
