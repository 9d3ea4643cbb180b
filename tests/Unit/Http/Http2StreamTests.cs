using Weft.Http;
using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Transport;
using Weft.Unit.Transport;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Unit.Http;

/// <summary>Ends of streams, between a client and a server of our own on one loop.</summary>
public sealed class Http2StreamTests
{
    private const int LargeBytes = 200_000;

    /// <remarks>RFC 9113 §8.1: the rest of the request is refused behind the whole answer, not in the middle of it.</remarks>
    [Fact]
    public async Task Release_AnsweredBeforeTheRequestEnded_SendsTheWholeAnswer()
    {
        (int received, Fault fault) = await Http2Pair.AskAsync(AnswerLarge, async (_, stream) =>
        {
            Fault failed = await stream.ReadHeadAsync();
            int sum = 0;
            while (failed == Fault.None && !(stream.IsEnded && stream.Input.IsEmpty))
            {
                sum += stream.Input.Length;
                stream.Consume(stream.Input.Length);
                failed = stream.IsEnded ? Fault.None : await stream.ReadAsync();
            }

            return (sum, failed);
        });
        Assert.Equal((LargeBytes, Fault.None), (received, fault));
    }

    /// <remarks>RFC 9113 §5.1: a reset of a stream that the peer never heard of would end the connection for all.</remarks>
    [Fact]
    public async Task Reset_StreamWithoutAHead_LeavesTheConnectionToOthers()
    {
        using var kit = new LoopKit();
        Fault fault = await kit.RunAsync(async () =>
        {
            Http2Connection connection = await Http2Pair.ConnectAsync(kit, AnswerLarge);
            Http2Stream unused = connection.TryOpen() ?? throw new InvalidOperationException("A new connection has room.");
            unused.Reset(Http2ErrorCode.Cancel);
            unused.Release();
            return await Http2Pair.Open(connection).ReadHeadAsync();
        });
        Assert.Equal(Fault.None, fault);
    }

    [Fact]
    public async Task Watch_ForgottenInTheTurnOfTheFailure_IsNotCalled()
    {
        bool called = await Http2Pair.AskAsync(AnswerLarge, async (kit, stream) =>
        {
            bool isCalled = false;
            stream.Watch(() => isCalled = true);
            stream.Reset(Http2ErrorCode.Cancel);
            stream.Watch(null);
            await kit.Loop.YieldAsync();
            await kit.Loop.YieldAsync();
            return isCalled;
        });
        Assert.False(called);
    }

    [Fact]
    public async Task Watch_StreamFails_IsCalled()
    {
        bool called = await Http2Pair.AskAsync(AnswerLarge, async (kit, stream) =>
        {
            bool isCalled = false;
            stream.Watch(() => isCalled = true);
            stream.Reset(Http2ErrorCode.Cancel);
            await kit.Loop.YieldAsync();
            await kit.Loop.YieldAsync();
            return isCalled;
        });
        Assert.True(called);
    }

    /// <remarks>RFC 9110 §15.4.5: a 304 may tell the length that a 200 would have had.</remarks>
    [Fact]
    public async Task Head_NotModifiedWithLength_IsTaken()
    {
        (Fault fault, int status) = await Http2Pair.AskAsync(AnswerNotModified, async (_, stream) =>
        {
            Fault failed = await stream.ReadHeadAsync();
            return (failed, stream.Head.Status);
        });
        Assert.Equal((Fault.None, 304), (fault, status));
    }

    /// <remarks>What passes the limit is left out of the list, and all that follows it: perhaps the method.</remarks>
    [Fact]
    public void Bind_MethodBehindTheLimit_IsRefused()
    {
        var list = new HeaderList();
        list.Add(":path"u8, new byte[300], listBytesMax: 200);
        list.Add(":method"u8, "GET"u8, listBytesMax: 200);
        _ = Http2Head.ReadRequest(list, out Http2Head head);
        var request = new RequestHead();
        request.Take(list, head, isEnd: true);
        Assert.True(list.IsTooLarge);
        Assert.Equal(0, request.Method.Length);
    }

    /// <remarks>A client that gives no credit must not hold what waits for it forever.</remarks>
    [Fact]
    public async Task Flush_ClientGivesNoCredit_Ends()
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Fault fault = await Http2Pair.AskAsync((kit, s) => kit.Loop.Supervise(FloodAsync(s, ended), "flood"), async (_, stream) =>
        {
            Fault failed = await stream.ReadHeadAsync();
            while (failed == Fault.None)
            {
                failed = await stream.ReadAsync();
            }

            return failed;
        });
        Assert.Equal(Fault.UpstreamReset, fault);
        Assert.False(await ended.Task.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <remarks>RFC 9113 §8.5: what follows is the tunnel's, nobody may take it for content.</remarks>
    [Fact]
    public void Bind_Connect_HasNoContent()
    {
        var list = new HeaderList();
        list.Add(":method"u8, "CONNECT"u8);
        list.Add(":authority"u8, "api:80"u8);
        Assert.Equal(Http2HeadError.None, Http2Head.ReadRequest(list, out Http2Head head));
        var request = new RequestHead();
        request.Take(list, head, isEnd: false);
        Assert.Equal(BodyFraming.None, request.Framing);
    }

    private static async LoopTask FloodAsync(Http2Stream stream, TaskCompletionSource<bool> ended)
    {
        var server = new Http2ServerStream();
        Assert.True(server.TryBind(stream, isHttps: false));
        server.WriteHead(new OutgoingResponse { Status = 200, Framing = BodyFraming.Chunked });
        server.Write(new byte[LargeBytes]);
        ended.SetResult(await server.FlushAsync());
        server.Release();
    }

    private static void AnswerLarge(LoopKit kit, Http2Stream stream)
    {
        var server = new Http2ServerStream();
        Assert.True(server.TryBind(stream, isHttps: false));
        server.WriteHead(new OutgoingResponse { Status = 200, Framing = BodyFraming.Chunked });
        server.Write(new byte[LargeBytes], isEnd: true);
        server.Release();
    }

    private static void AnswerNotModified(LoopKit kit, Http2Stream stream)
    {
        var server = new Http2ServerStream();
        Assert.True(server.TryBind(stream, isHttps: false));
        server.WriteHead(new OutgoingResponse { Status = 304, Framing = BodyFraming.None, Lines = "content-length: 100\r\n"u8 });
        server.Release();
    }
}
