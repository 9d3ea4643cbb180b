using Weft.Http;
using Weft.Http.Http1;
using Weft.Transport;
using Weft.Unit.Transport;
using Weft.Wire.Http1;

namespace Weft.Unit.Http;

/// <summary>How content goes from one connection to another on the same loop.</summary>
public sealed class ContentRelayTests
{
    private const int BlockBytes = 16 << 10;
    private const int ContentBytes = 4 * BlockBytes;

    /// <summary>Field lines, and the blocks that passing a full one on takes: none where it leaves as it came, one where a copy is made.</summary>
    [Theory]
    [InlineData("Content-Length: 65536", 0)]
    [InlineData("Content-Length: 100", 1)]
    [InlineData("Transfer-Encoding: chunked", 1)]
    public async Task TryPass_OfAFullBlock_TakesNoOtherWhereNoFramingStandsBetween(string fields, int taken)
    {
        using var kit = new LoopKit();
        var got = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        SocketTarget sink = kit.Serve(async c => await CountAsync(c, got));
        var used = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        SocketTarget server = kit.Serve(async c => used.SetResult(await RelayAsync(c, await kit.DialAsync(sink))));
        _ = await kit.RunAsync(async () =>
        {
            LoopConnection client = await kit.DialAsync(server);
            client.Write(System.Text.Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{(fields[0] == 'T' ? "10000\r\n" : "")}"));
            client.Write(new byte[ContentBytes]);
            return await client.DrainAsync();
        });
        Assert.Equal(taken, await used.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.InRange(await got.Task.WaitAsync(TimeSpan.FromSeconds(10)), 100, ContentBytes);
    }

    private static async LoopTask<int> RelayAsync(LoopConnection from, LoopConnection to)
    {
        var request = new Http1Server(Http1Limits.Default);
        request.Attach(from, isHttps: false);
        bool hasHead = false;
        while (!hasHead || from.Input.Length < BlockBytes / 2)
        {
            await from.ReadAsync();
            hasHead = hasHead || request.TryReadHead() is HeadProgress.Done;
        }

        int before = from.Loop.Blocks.Rented;
        _ = ContentRelay.TryPass(request, OpaqueStream.OfUpstream(to));
        int taken = from.Loop.Blocks.Rented - before;
        to.Finish();
        await to.DrainAsync();
        from.Close();
        return taken;
    }

    private static async LoopTask CountAsync(LoopConnection c, TaskCompletionSource<int> got)
    {
        int sum = 0;
        while (await c.ReadAsync() is IoStatus.Ok)
        {
            sum += c.Input.Length;
            c.Consume(c.Input.Length);
        }

        got.SetResult(sum);
    }
}
