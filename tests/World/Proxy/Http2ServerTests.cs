using System.Net;
using System.Net.Sockets;
using Weft.Http.Http2;
using Weft.Wire;
using Weft.Wire.Http2;

namespace Weft.World.Proxy;

/// <summary>Our HTTP/2 server against .NET's client, and against clients that break RFC 9113.</summary>
public sealed class Http2ServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // HEADERS of stream N: GET http / a, from the static table but for the authority.
    private const string GetBlock = "828684" + "410161";

    [Fact]
    public async Task Echo_DotNetsClient_GetsContentAndTrailersBack()
    {
        using var server = new Http2Echo();
        using HttpClient client = Client();
        byte[] content = new byte[50_000];
        new Random(2).NextBytes(content);

        using HttpResponseMessage response = await client.PostAsync(new Uri($"http://127.0.0.1:{server.Port}/a?b"), new ByteArrayContent(content)).WaitAsync(Patience);

        Assert.Equal(content, await response.Content.ReadAsByteArrayAsync().WaitAsync(Patience));
        Assert.Equal("/a?b", response.Headers.GetValues("x-path").Single());
        Assert.Equal($"{content.Length}", response.TrailingHeaders.GetValues("x-count").Single());
    }

    [Fact]
    public async Task Upload_LargerThanAllWindows_ArrivesWhole()
    {
        using var server = new Http2Echo();
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.PostAsync(new Uri($"http://127.0.0.1:{server.Port}/count"), new ByteArrayContent(new byte[5 << 20])).WaitAsync(Patience);
        _ = await response.Content.ReadAsByteArrayAsync().WaitAsync(Patience);
        Assert.Equal($"{5 << 20}", response.TrailingHeaders.GetValues("x-count").Single());
    }

    [Fact]
    public async Task Download_LargerThanAllWindows_ArrivesWhole()
    {
        using var server = new Http2Echo();
        using HttpClient client = Client();
        byte[] content = await client.GetByteArrayAsync(new Uri($"http://127.0.0.1:{server.Port}/give")).WaitAsync(Patience);
        Assert.Equal(Http2Echo.GivenBytes, content.Length);
    }

    [Fact]
    public async Task Echo_TwoHundredAtOnce_AllComeBack()
    {
        using var server = new Http2Echo();
        using HttpClient client = Client();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using HttpResponseMessage response = await client.PostAsync(new Uri($"http://127.0.0.1:{server.Port}/"), new StringContent($"{i}"));
            return await response.Content.ReadAsStringAsync();
        })).WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), answers);
    }

    /// <summary>What a client sends behind its preface and SETTINGS, and the GOAWAY or RST_STREAM that it gets.</summary>
    public static TheoryData<string, string, Http2FrameType, Http2ErrorCode> Offences => new()
    {
        { "5.1 DATA on an idle stream", "000001" + "00" + "01" + "00000001" + "61", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "5.1 RST_STREAM on an idle stream", "000004" + "03" + "00" + "00000001" + "00000008", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "5.1 WINDOW_UPDATE on an idle stream", "000004" + "08" + "00" + "00000001" + "00000001", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "5.1 DATA after END_STREAM", Open("00000001", end: true) + "000001" + "00" + "01" + "00000001" + "61", Http2FrameType.ResetStream, Http2ErrorCode.StreamClosed },
        { "5.1.1 even stream", Open("00000002", end: true), Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "6.10 CONTINUATION alone", "000001" + "09" + "04" + "00000001" + "82", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "4.3 PING inside a block", "000001" + "01" + "01" + "00000001" + "82" + "000008" + "06" + "00" + "00000000" + "0000000000000000", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "4.3 broken block", "000001" + "01" + "05" + "00000001" + "80", Http2FrameType.GoAway, Http2ErrorCode.CompressionError },
        { "6.5.2 window over 2^31-1", "000006" + "04" + "00" + "00000000" + "000480000000", Http2FrameType.GoAway, Http2ErrorCode.FlowControlError },
        { "6.9 connection increment 0", "000004" + "08" + "00" + "00000000" + "00000000", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "6.9 stream increment 0", Open("00000001", end: false) + "000004" + "08" + "00" + "00000001" + "00000000", Http2FrameType.ResetStream, Http2ErrorCode.ProtocolError },
        { "6.9.1 connection window overflow", "000004" + "08" + "00" + "00000000" + "7FFFFFFF", Http2FrameType.GoAway, Http2ErrorCode.FlowControlError },
        { "8.4 PUSH_PROMISE from a client", Open("00000001", end: false) + "000005" + "05" + "04" + "00000001" + "0000000282", Http2FrameType.GoAway, Http2ErrorCode.ProtocolError },
        { "8.1.1 head without :method", "000002" + "01" + "05" + "00000001" + "8684", Http2FrameType.ResetStream, Http2ErrorCode.ProtocolError },
        { "8.1.1 content over content-length", Frame("01", "04", "00000001", GetBlock + "5C0131") + "000002" + "00" + "01" + "00000001" + "6161", Http2FrameType.ResetStream, Http2ErrorCode.ProtocolError },
        { "8.1 trailers without END_STREAM", Open("00000001", end: false) + "000003" + "01" + "04" + "00000001" + "000000", Http2FrameType.ResetStream, Http2ErrorCode.ProtocolError },
        { "6.3 PRIORITY of 4 bytes", Open("00000001", end: false) + "000004" + "02" + "00" + "00000001" + "00000000", Http2FrameType.ResetStream, Http2ErrorCode.FrameSizeError },
        { "10.5 CONTINUATION flood", "000001" + "01" + "01" + "00000001" + "82" + Repeat("000000" + "09" + "00" + "00000001", 17), Http2FrameType.GoAway, Http2ErrorCode.EnhanceYourCalm },
        { "10.5 PING flood", Repeat("000008" + "06" + "00" + "00000000" + "0000000000000000", 1100), Http2FrameType.GoAway, Http2ErrorCode.EnhanceYourCalm },
        { "10.5 rapid reset", RapidReset(250), Http2FrameType.GoAway, Http2ErrorCode.EnhanceYourCalm },
    };

    [Theory]
    [MemberData(nameof(Offences))]
    public async Task Server_ClientBreaksARule_AnswersWithItsError(string section, string hex, Http2FrameType answer, Http2ErrorCode code)
    {
        using var server = new Http2Echo();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port).WaitAsync(Patience);
        NetworkStream stream = client.GetStream();
        byte[] sent = [.. Http2FrameReader.Preface, .. Convert.FromHexString("000000" + "04" + "00" + "00000000" + hex)];
        await stream.WriteAsync(sent).AsTask().WaitAsync(Patience);

        var received = new List<byte>();
        byte[] buffer = new byte[4096];
        while (!Find(received.ToArray(), answer, out _))
        {
            int count = await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience);
            Assert.True(count > 0, $"{section}: the connection ended without {answer}");
            received.AddRange(buffer.AsSpan(0, count));
        }

        Assert.True(Find(received.ToArray(), answer, out Http2ErrorCode found));
        Assert.Equal(code, found);
    }

    private static bool Find(byte[] received, Http2FrameType type, out Http2ErrorCode code)
    {
        code = default;
        ReadOnlySpan<byte> rest = received;
        while (Http2FrameReader.TryRead(ref rest, 1 << 14, out Http2Frame frame, out _, out _) is ReadStatus.Done)
        {
            if (frame.Type == type)
            {
                code = frame.ErrorCode;
                return true;
            }
        }

        return false;
    }

    private static string Open(string stream, bool end) => Frame("01", end ? "05" : "04", stream, GetBlock);

    private static string Frame(string type, string flags, string stream, string payload) => $"{payload.Length / 2:X6}{type}{flags}{stream}{payload}";

    private static string Repeat(string frames, int count) => string.Concat(Enumerable.Repeat(frames, count));

    private static string RapidReset(int count) =>
        string.Concat(Enumerable.Range(0, count).Select(i => Open($"{(i * 2) + 1:X8}", end: false) + "000004" + "03" + "00" + $"{(i * 2) + 1:X8}" + "00000008"));

    private static HttpClient Client() => new()
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
