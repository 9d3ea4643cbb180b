using Weft.Http.Http2;
using Weft.Transport;
using Weft.Unit.Transport;
using Weft.Wire;
using Weft.Wire.Http1;
using Weft.Wire.Http2;

namespace Weft.Unit.Http;

/// <summary>When a server of ours takes leave of a client that asks for nothing, whatever it says meanwhile.</summary>
public sealed class Http2IdleTests
{
    private const int IdleMs = 50;

    /// <remarks>The client answers for each PING of ours and asks by one after the other itself: it is alive, and idle.</remarks>
    [Fact]
    public async Task Idle_ClientSendsPingsWithoutEnd_GoesAwayAndEnds()
    {
        using var kit = new LoopKit();
        (Http2ErrorCode code, int pings) = await kit.RunAsync(async () => await PingToTheEndAsync(await kit.DialAsync(Serve(kit, IdleMs))));
        Assert.Equal(Http2ErrorCode.NoError, code);
        Assert.InRange(pings, 1, int.MaxValue);
    }

    [Fact]
    public async Task Idle_StreamIsOpenAndRests_Stays()
    {
        using var kit = new LoopKit();
        int status = await kit.RunAsync(async () =>
        {
            Http2Connection client = Http2Connection.Client(kit.Loop, await kit.DialAsync(Serve(kit, IdleMs)), Http2Limits.Default);
            Http2Stream stream = Http2Pair.Open(client);
            await kit.Loop.DelayAsync(4 * IdleMs);
            stream.Write(default, isEnd: true);
            Assert.Equal(Weft.Primitives.Fault.None, await stream.ReadHeadAsync());
            int answered = stream.Head.Status;
            await client.Ended; // and then goes
            return answered;
        });
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Idle_NoLimit_IsKept()
    {
        using var kit = new LoopKit();
        bool ended = await kit.RunAsync(async () =>
        {
            Http2Connection client = Http2Connection.Client(kit.Loop, await kit.DialAsync(Serve(kit, idleMs: 0)), Http2Limits.Default);
            await kit.Loop.DelayAsync(4 * IdleMs);
            return client.Ended.IsSet;
        });
        Assert.False(ended);
    }

    private static SocketTarget Serve(LoopKit kit, int idleMs) => kit.Serve(
        async c => await Http2Connection.Server(c.Loop, c, Http2Limits.Default with { IdleMs = idleMs, IdleFramesBurst = int.MaxValue / 1000 }, s => kit.Loop.Supervise(AnswerAsync(s), "answer")).Ended);

    /// <summary>Once the request is whole.</summary>
    private static async LoopTask AnswerAsync(Http2Stream stream)
    {
        var server = new Http2ServerStream();
        Assert.True(server.TryBind(stream, isHttps: false));
        while (!server.IsEnded)
        {
            await server.ReadAsync();
        }

        server.WriteHead(new Weft.Http.OutgoingResponse { Status = 200, Framing = BodyFraming.None });
        server.Release();
    }

    private static async LoopTask<(Http2ErrorCode Code, int Pings)> PingToTheEndAsync(LoopConnection io)
    {
        io.Write(Http2FrameReader.Preface);
        io.Write([0, 0, 0, 4, 0, 0, 0, 0, 0]); // SETTINGS
        WritePing(io);
        int pings = 0;
        var code = Http2ErrorCode.Cancel;
        while (await io.ReadAsync() is IoStatus.Ok)
        {
            (int answered, code) = Take(io, code);
            pings += answered;
            if (answered > 0)
            {
                WritePing(io);
            }
        }

        return (code, pings);
    }

    private static (int Pings, Http2ErrorCode Code) Take(LoopConnection io, Http2ErrorCode code)
    {
        ReadOnlySpan<byte> input = io.Input;
        int before = input.Length, pings = 0;
        while (Http2FrameReader.TryRead(ref input, Http2Frame.PayloadBytesDefault, out Http2Frame frame, out _, out _) is ReadStatus.Done)
        {
            pings += frame is { Type: Http2FrameType.Ping, IsAck: true } ? 1 : 0;
            code = frame.Type is Http2FrameType.GoAway ? frame.ErrorCode : code;
        }

        io.Consume(before - input.Length);
        return (pings, code);
    }

    private static void WritePing(LoopConnection io)
    {
        Span<byte> output = stackalloc byte[Http2FrameWriter.PingBytes];
        io.Write(output[..Http2FrameWriter.Ping(output, "weftping"u8, isAck: false)]);
    }
}
