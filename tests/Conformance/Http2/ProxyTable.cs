using static Weft.Conformance.Http2.Http2Wire;
using static Weft.Conformance.Http2.ProxyCase;

namespace Weft.Conformance.Http2;

/// <summary>RFC 9113 by section, and RFC 7541, against the shipped proxy's own ports: h2spec's cases and more of their kind.</summary>
public sealed class ProxyTable(ProxyWorld world) : IClassFixture<ProxyWorld>
{
    private const string Block = Get, Body = "00000000000000000000";

    /// <summary>CONNECT http://a/hello, which asks for a protocol (RFC 8441 §4).</summary>
    private const string Connect = "0207434F4E4E454354" + "86" + "04062F68656C6C6F" + "010161";

    public static TheoryData<ProxyCase> Messages =>
    [
        Answers("8.1", "GET", Head(Block)),
        Answers("8.1", "HEAD", Head("02044845414486" + "04062F68656C6C6F" + "010161")),
        Answers("8.1", "POST", Head(Post, 4) + Frame(0, 1, 1, Body)),
        Answers("8.1", "POST in many pieces", Head(Post, 4) + Frame(0, 0, 1, Body) + Frame(0, 0, 1, Body) + Frame(0, 1, 1)),
        Answers("8.1", "POST with trailers", Head(Post, 4) + Frame(0, 0, 1, Body) + Head(Field("x-sum", "1"), 5)),
        Answers("8.1", "content-length that is right", Head(Post + Field("content-length", "10"), 4) + Frame(0, 1, 1, Body)),
        Answers("6.1", "DATA with padding", Head(Post, 4) + Frame(0, 9, 1, "05" + Body + "0000000000")),
        Answers("6.2", "HEADERS with padding", Frame(1, 13, 1, "03" + Block + "000000")),
        Answers("6.2", "HEADERS with priority", Frame(1, 37, 1, "00000000FF" + Block)),
        Answers("6.2", "HEADERS with priority and padding", Frame(1, 45, 1, "0200000000FF" + Block + "0000")),
        Answers("6.10", "CONTINUATION", Frame(1, 1, 1, Block[..4]) + Frame(9, 4, 1, Block[4..])),
        Answers("6.10", "CONTINUATIONs", Frame(1, 1, 1, Block[..4]) + Frame(9, 0, 1, Block[4..8]) + Frame(9, 0, 1) + Frame(9, 4, 1, Block[8..])),
        Answers("5.1.1", "ids may be left out", Head(Block, 5, 101), 101),
        Answers("5.1", "two requests side by side", Head(Block) + Head(Block, 5, 3), 3),
        Answers("5.5", "frame of an unknown type before", Frame(0xBE, 0xFF, 0, "00") + Head(Block)),
        Answers("5.5", "frame of an unknown type between", Head(Post, 4) + Frame(0xBE, 0, 1, "00") + Frame(0, 1, 1, Body)),
        Answers("5.3.2", "PRIORITY on an idle stream", Frame(2, 0, 1, "0000000010") + Head(Block)),
        Answers("5.3.2", "PRIORITY behind the request", Head(Block) + Frame(2, 0, 1, "0000000010")),
        Answers("6.9.2", "initial window grows later", Frame(4, 0, 0, "000400000000") + Head(Block) + Frame(4, 0, 0, "000400010000")),
        Answers("6.9.2", "negative window recovers", Frame(4, 0, 0, "000400000002") + Head(Block) + Frame(4, 0, 0, "000400000000") + Frame(8, 0, 1, "00000064")),
        Answers("6.9.1", "window of one byte at a time", Frame(4, 0, 0, "000400000001") + Head(Block) + string.Concat(Enumerable.Repeat(Frame(8, 0, 1, "00000001"), 10))),
        Answers("8.3.1", "path *", Head("02074F5054494F4E538604012A010161")),
        Answers("8.3.1", "host instead of :authority", Head("828604062F68656C6C6F" + Field("host", "a"))),
        Answers("8.2.3", "cookie in crumbs", Head(Block + Field("cookie", "a=b") + Field("cookie", "c=d"))),
        Answers("8.2.2", "te: trailers", Head(Block + Field("te", "trailers"))),
        Answers("7541-6.1", "indexed fields", Head("828684" + "010161")),
        Answers("7541-6.2.1", "literal with indexing, used again", Head("828604062F68656C6C6F410161") + Head("828604062F68656C6C6FBE", 5, 3), 3),
        Answers("7541-6.2.1", "new name with indexing, used again", Head(Block + "4003782D790161") + Head(Block + "BE", 5, 3), 3),
        Answers("7541-6.2.2", "literal without indexing", Head(Block + Field("x-y", "a"))),
        Answers("7541-6.2.3", "literal never indexed", Head(Block + "1003782D790161")),
        Answers("7541-5.2", "Huffman", Head(Block + "000178" + "8CF1E3C2E5F23A6BA0AB90F4FF")),
        Answers("7541-6.3", "table size update", Head("20" + Block)),
        Answers("7541-6.3", "two table size updates", Head("203FE11F" + Block)),
        Answers("7541-2.3.3", "entry of the other request's table", Head(Block + "4003782D790161") + Head(Block + "BE", 5, 3) + Head(Block + "BE", 5, 5), 5),
    ];

    public static TheoryData<ProxyCase> Frames =>
    [
        Alive("6.5", "SETTINGS", Frame(4, 0, 0, "000300000064")),
        Alive("6.5.2", "unknown setting", Frame(4, 0, 0, "00FF00000001")),
        Alive("6.5.2", "ENABLE_PUSH 0 and 1", Frame(4, 0, 0, "000200000000") + Frame(4, 0, 0, "000200000001")),
        Alive("6.5.2", "the largest window and frame", Frame(4, 0, 0, "00047FFFFFFF" + "000500FFFFFF")),
        Alive("6.7", "PING with unknown flags", Frame(6, 0xFE, 0, "0102030405060708")),
        Alive("6.7", "PING acknowledgement unasked", Frame(6, 1, 0, "0102030405060708")),
        Alive("4.1", "reserved bit", Frame(6, 0, int.MinValue, "0102030405060708")),
        Alive("4.1", "unknown flags on SETTINGS", Frame(4, 0xFE, 0)),
        Alive("5.5", "unknown frame", Frame(0x16, 0, 0, "00112233")),
        Alive("6.9", "WINDOW_UPDATE of the connection", Frame(8, 0, 0, "00000001")),
        Alive("6.3", "PRIORITY of any stream", Frame(2, 0, 7, "0000000010")),
        Alive("6.4", "RST_STREAM of an open stream", Head(Post, 4) + Frame(3, 0, 1, "00000008")),
        Alive("6.4", "RST_STREAM twice", Head(Post, 4) + Frame(3, 0, 1, "00000008") + Frame(3, 0, 1, "00000008")),
        Alive("5.1", "WINDOW_UPDATE behind RST_STREAM", Head(Post, 4) + Frame(3, 0, 1, "00000008") + Frame(8, 0, 1, "00000001")),
        Alive("5.1", "PRIORITY behind RST_STREAM", Head(Post, 4) + Frame(3, 0, 1, "00000008") + Frame(2, 0, 1, "0000000010")),

        // §3.4, §4
        Ends("4.2", "SETTINGS_MAX_FRAME_SIZE exceeded", Head(Post, 4) + Frame(0, 0, 1, new string('0', 2 * 16_385)), FrameSize),
        Ends("4.2", "HEADERS exceeds", Frame(1, 5, 1, Block + new string('0', 2 * 16_385)), FrameSize),
        Ends("4.3", "block that cannot be decoded", Head("FFFFFFFFFF"), Compression),
        Ends("4.3", "PRIORITY in a block", Frame(1, 1, 1, Block) + Frame(2, 0, 1, "0000000010"), ProtocolError),
        Ends("4.3", "HEADERS of another stream in a block", Frame(1, 1, 1, Block) + Head(Block, 5, 3), ProtocolError),
        Ends("4.3", "unknown frame in a block", Frame(1, 1, 1, Block) + Frame(0xBE, 0, 0), ProtocolError),

        // §5.1
        Ends("5.1", "DATA on idle", Frame(0, 1, 1, Body), ProtocolError),
        Ends("5.1", "RST_STREAM on idle", Frame(3, 0, 1, "00000008"), ProtocolError),
        Ends("5.1", "WINDOW_UPDATE on idle", Frame(8, 0, 1, "00000001"), ProtocolError),
        Ends("5.1", "CONTINUATION on idle", Frame(9, 4, 1, Block), ProtocolError),
        Resets("5.1", "DATA behind the end", Head(Block) + Frame(0, 1, 1, Body), StreamClosed),
        Resets("5.1", "HEADERS behind the end", Head(Block) + Head(Block), StreamClosed),
        Ends("5.1", "CONTINUATION behind the end", Head(Block) + Frame(9, 4, 1, Block), ProtocolError, StreamClosed),
        Ends("5.1.1", "even id", Head(Block, 5, 2), ProtocolError),
        Ends("5.1.1", "id lower than before", Head(Post, 4, 5) + Head(Block, 5, 3), ProtocolError, StreamClosed),

        // §6 by frame
        Ends("6.1", "DATA of stream 0", Frame(0, 1, 0, Body), ProtocolError),
        Ends("6.1", "padding as long as the payload", Head(Post, 4) + Frame(0, 9, 1, "0A" + Body[2..]), ProtocolError),
        Ends("6.1", "padded without a length", Head(Post, 4) + Frame(0, 9, 1), ProtocolError, FrameSize),
        Ends("6.2", "HEADERS of stream 0", Head(Block, 5, 0), ProtocolError),
        Ends("6.2", "padding as long as the payload", Frame(1, 13, 1, "FF" + Block), ProtocolError),
        Ends("6.2", "priority cut short", Frame(1, 37, 1, "000000"), ProtocolError, FrameSize),
        Ends("6.3", "PRIORITY of stream 0", Frame(2, 0, 0, "0000000010"), ProtocolError),
        Resets("6.3", "PRIORITY of a wrong size", Head(Post, 4) + Frame(2, 0, 1, "00000000"), FrameSize),
        Ends("6.4", "RST_STREAM of stream 0", Frame(3, 0, 0, "00000008"), ProtocolError),
        Ends("6.4", "RST_STREAM of a wrong size", Head(Post, 4) + Frame(3, 0, 1, "000000"), FrameSize),
        Ends("6.5", "acknowledgement with a payload", Frame(4, 1, 0, "000300000064"), FrameSize),
        Ends("6.5", "SETTINGS of a stream", Frame(4, 0, 1, "000300000064"), ProtocolError),
        Ends("6.5", "SETTINGS of a wrong size", Frame(4, 0, 0, "000300"), FrameSize),
        Ends("6.5.2", "ENABLE_PUSH 2", Frame(4, 0, 0, "000200000002"), ProtocolError),
        Ends("6.5.2", "INITIAL_WINDOW_SIZE over 2^31-1", Frame(4, 0, 0, "000480000000"), FlowControl),
        Ends("6.5.2", "MAX_FRAME_SIZE under 2^14", Frame(4, 0, 0, "000500003FFF"), ProtocolError),
        Ends("6.5.2", "MAX_FRAME_SIZE over 2^24-1", Frame(4, 0, 0, "000501000000"), ProtocolError),
        Ends("8441-3", "ENABLE_CONNECT_PROTOCOL 2", Frame(4, 0, 0, "000800000002"), ProtocolError),
        Ends("6.6", "PUSH_PROMISE of a client", Head(Post, 4) + Frame(5, 4, 1, "00000002" + Block), ProtocolError),
        Ends("6.7", "PING of a stream", Frame(6, 0, 1, "0102030405060708"), ProtocolError),
        Ends("6.7", "PING of a wrong size", Frame(6, 0, 0, "010203040506"), FrameSize),
        Ends("6.8", "GOAWAY of a stream", Frame(7, 0, 1, "0000000000000000"), ProtocolError),
        Ends("6.8", "GOAWAY cut short", Frame(7, 0, 0, "00000000"), FrameSize, ProtocolError),
        Ends("6.9", "increment 0 of the connection", Frame(8, 0, 0, "00000000"), ProtocolError),
        Resets("6.9", "increment 0 of a stream", Head(Post, 4) + Frame(8, 0, 1, "00000000"), ProtocolError),
        Ends("6.9", "WINDOW_UPDATE of a wrong size", Frame(8, 0, 0, "000001"), FrameSize),
        Ends("6.9.1", "window of the connection over 2^31-1", Frame(8, 0, 0, "7FFFFFFF") + Frame(8, 0, 0, "7FFFFFFF"), FlowControl),
        Resets("6.9.1", "window of a stream over 2^31-1", Head(Post, 4) + Frame(8, 0, 1, "7FFFFFFF"), FlowControl),
        Ends("6.9.2", "settings push a window over", Head(Post, 4) + Frame(8, 0, 1, "00000001") + Frame(4, 0, 0, "00047FFFFFFF"), FlowControl),
        Ends("6.10", "CONTINUATION of stream 0", Frame(1, 1, 1, Block) + Frame(9, 4, 0), ProtocolError),
        Ends("6.10", "CONTINUATION behind a whole block", Head(Post, 4) + Frame(9, 4, 1, Block), ProtocolError),
        Ends("6.10", "CONTINUATION behind DATA", Head(Post, 4) + Frame(0, 0, 1, Body) + Frame(9, 4, 1, Block), ProtocolError),
        Ends("6.10", "DATA in a block", Frame(1, 0, 1, Post) + Frame(0, 1, 1, Body), ProtocolError),
    ];

    public static TheoryData<ProxyCase> Malformed =>
    [
        Resets("8.1", "HEADERS that do not end as trailers", Head(Post, 4) + Frame(0, 0, 1, Body) + Head(Field("x-sum", "1"), 4) + Frame(0, 1, 1), ProtocolError),
        Resets("8.1", "pseudo-header field in trailers", Head(Post, 4) + Frame(0, 0, 1, Body) + Head("82", 5), ProtocolError),
        Resets("8.2.1", "name in upper case", Head(Block + Field("X-Y", "a")), ProtocolError),
        Resets("8.2.1", "name with a space", Head(Block + Field("x y", "a")), ProtocolError),
        Resets("8.2.1", "name with a colon", Head(Block + Field("x:y", "a")), ProtocolError),
        Resets("8.2.1", "empty name", Head(Block + "00000161"), ProtocolError),
        Resets("8.2.1", "value with CR LF", Head(Block + Field("x", "a\r\nb: c")), ProtocolError),
        Resets("8.2.1", "value with NUL", Head(Block + Field("x", "a\0b")), ProtocolError),
        Resets("8.2.1", "value with space at its end", Head(Block + Field("x", "a ")), ProtocolError),
        Resets("8.2.2", "connection", Head(Block + Field("connection", "keep-alive")), ProtocolError),
        Resets("8.2.2", "keep-alive", Head(Block + Field("keep-alive", "5")), ProtocolError),
        Resets("8.2.2", "proxy-connection", Head(Block + Field("proxy-connection", "close")), ProtocolError),
        Resets("8.2.2", "transfer-encoding", Head(Post + Field("transfer-encoding", "chunked"), 4), ProtocolError),
        Resets("8.2.2", "upgrade", Head(Block + Field("upgrade", "h2c")), ProtocolError),
        Resets("8.2.2", "te: gzip", Head(Block + Field("te", "trailers, deflate")), ProtocolError),
        Resets("8.3", "unknown pseudo-header field", Head(Block + Field(":test", "a")), ProtocolError),
        Resets("8.3", ":status in a request", Head(Block + "88"), ProtocolError),
        Resets("8.3", "pseudo-header field behind a field", Head("82" + Field("x", "a") + "8604062F68656C6C6F010161"), ProtocolError),
        Resets("8.3.1", "empty :path", Head("82860400010161"), ProtocolError),
        Resets("8.3.1", ":path without /", Head("8286040168010161"), ProtocolError),
        Resets("8.3.1", ":path with CR LF", Head("8286" + "0409" + "2F200D0A5820202020" + "010161"), ProtocolError),
        Resets("8.3.1", "no :method", Head("8604062F68656C6C6F010161"), ProtocolError),
        Resets("8.3.1", "no :scheme", Head("8204062F68656C6C6F010161"), ProtocolError),
        Resets("8.3.1", "no :path", Head("8286010161"), ProtocolError),
        Resets("8.3.1", "no authority at all", Head("828604062F68656C6C6F"), ProtocolError),
        Resets("8.3.1", ":method twice", Head("82" + Block), ProtocolError),
        Resets("8.3.1", ":scheme twice", Head("86" + Block), ProtocolError),
        Resets("8.3.1", ":path twice", Head("84" + Block), ProtocolError),
        Resets("8.3.1", ":authority twice", Head("010161" + Block), ProtocolError),
        Resets("8.3.1", ":authority against host", Head(Block + Field("host", "b")), ProtocolError),
        Resets("8.3.1", ":authority with user", Head("828604062F68656C6C6F0103754061"), ProtocolError),
        Resets("8.3.1", ":scheme of another kind", Head("82" + "0603667470" + "04062F68656C6C6F010161"), ProtocolError),
        Resets("8.1.1", "content-length over the content", Head(Post + Field("content-length", "11"), 4) + Frame(0, 1, 1, Body), ProtocolError),
        Resets("8.1.1", "content-length under the content", Head(Post + Field("content-length", "9"), 4) + Frame(0, 1, 1, Body), ProtocolError),
        Resets("8.1.1", "content-length over two frames", Head(Post + Field("content-length", "1"), 4) + Frame(0, 0, 1, Body) + Frame(0, 1, 1, Body), ProtocolError),
        Resets("8.1.1", "content-length without content", Head(Block + Field("content-length", "1")), ProtocolError),
        Resets("8.1.1", "content-length twice", Head(Post + Field("content-length", "10") + Field("content-length", "10"), 4) + Frame(0, 1, 1, Body), ProtocolError),
        Resets("8.1.1", "content-length with a sign", Head(Post + Field("content-length", "+10"), 4) + Frame(0, 1, 1, Body), ProtocolError),
        Resets("8.5", "CONNECT with a path", Head("0207434F4E4E454354" + "04012F" + "0104613A3830"), ProtocolError),
        Resets("8441-4", ":protocol without CONNECT", Head(Block + Field(":protocol", "websocket")), ProtocolError),
        Resets("8441-4", ":protocol that is no token", Head(Connect + Field(":protocol", "web socket"), 4), ProtocolError),
        Resets("8441-4", ":protocol with CR LF", Head(Connect + Field(":protocol", "x\r\nx-smuggled: 1"), 4), ProtocolError),
        Resets("8441-4", ":protocol twice", Head(Connect + Field(":protocol", "websocket") + Field(":protocol", "websocket"), 4), ProtocolError),

        // RFC 7541
        Ends("7541-2.3.3", "index over both tables", Head(Block + "FF0A"), Compression),
        Ends("7541-2.3.3", "index 0", Head("80"), Compression),
        Ends("7541-2.3.3", "literal whose name's index is not there", Head(Block + "7F7F0161"), Compression),
        Ends("7541-4.2", "table size update behind a field", Head(Block + "20"), Compression),
        Ends("7541-6.3", "table size update over the limit", Head("3FE2FF03" + Block), Compression),
        Ends("7541-5.1", "integer without end", Head("FFFFFFFFFFFFFFFFFFFF"), Compression),
        Ends("7541-5.2", "Huffman padding of more than 7 bits", Head(Block + "0085F2B24A84FF" + "8449509FFF"), Compression),
        Ends("7541-5.2", "Huffman padding of zeros", Head(Block + "0085F2B24A84FF" + "83495090"), Compression),
        Ends("7541-5.2", "Huffman with EOS", Head(Block + "0085F2B24A84FF" + "87FFFFFFFFFFFFFF"), Compression),
        Ends("7541-5.2", "string over the block's end", Head(Block + "007F61"), Compression),
    ];

    public static TheoryData<ProxyPort, ProxyCase> Rows =>
        [.. Enum.GetValues<ProxyPort>().SelectMany(port => Messages.Concat(Frames).Concat(Malformed).Select(row => new TheoryDataRow<ProxyPort, ProxyCase>(port, row.Data)))];

    [Theory]
    [MemberData(nameof(Rows))]
    public Task Input_OnTheProxysPort_GetsItsVerdict(ProxyPort port, ProxyCase row) =>
        row.CheckAsync(port is ProxyPort.Tls ? world.TlsPort : world.Port, port is ProxyPort.Tls);

    /// <summary>§3.4: who begins with anything else is no HTTP/2 client; who does not send settings first is no good one.</summary>
    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\u0008\u0006\0\0\0\0\012345678")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\u0001\0\0\0\0")]
    public async Task Preface_ThatIsWrong_EndsTheConnection(string preface)
    {
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.SendAsync(System.Text.Encoding.Latin1.GetBytes(preface));
        Assert.Null(await wire.ReadUntilAsync(f => f.Type is SeenFrame.Ping));
    }

    /// <summary>§5.1.2, §6.5.2: we say how many streams there may be; one more is refused, safe to be sent again.</summary>
    [Fact]
    public async Task Stream_BeyondTheLimit_IsRefused()
    {
        const int Limit = 256;
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(string.Concat(Enumerable.Range(0, Limit + 1).Select(i => Head(Post, 4, (2 * i) + 1))));
        SeenFrame? refused = await wire.ReadUntilAsync(f => f.Type == SeenFrame.Reset);
        Assert.Equal((2 * Limit) + 1, refused?.StreamId);
        Assert.Equal(Refused, refused?.Code);
    }

    [Fact]
    public void Table_HoldsAsManyRowsAsH2spec() => Assert.InRange(Messages.Count + Frames.Count + Malformed.Count, 147, 1_000);
}
