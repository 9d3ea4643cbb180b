using Weft.Http.Http2;
using Weft.Transport;
using Weft.Unit.Transport;
using Weft.Wire.Http2;

namespace Weft.Unit.Http;

/// <summary>A client and a server of our own on one loop.</summary>
internal static class Http2Pair
{
    /// <summary>Nobody waits for it: long enough for a machine that has much else to do.</summary>
    private const int StallMs = 2_000;

    /// <summary>Opens a request whose content follows, on a connection of its own, and runs what the test does with it.</summary>
    internal static async Task<T> AskAsync<T>(Action<LoopKit, Http2Stream> answer, Func<LoopKit, Http2Stream, LoopTask<T>> ask)
    {
        using var kit = new LoopKit();
        return await kit.RunAsync(async () => await ask(kit, Open(await ConnectAsync(kit, answer))));
    }

    /// <summary>The client's end of a connection to such a server.</summary>
    internal static async LoopTask<Http2Connection> ConnectAsync(LoopKit kit, Action<LoopKit, Http2Stream> answer)
    {
        SocketTarget server = kit.Serve(async c => await Http2Connection.Server(c.Loop, c, Http2Limits.Default with { StreamStallMs = StallMs }, s => answer(kit, s)).Ended);
        return Http2Connection.Client(kit.Loop, await kit.DialAsync(server), Http2Limits.Default with { StreamWindowBytes = 16 << 10 });
    }

    internal static Http2Stream Open(Http2Connection connection)
    {
        var head = new HeaderList();
        head.Add(":method"u8, "POST"u8);
        head.Add(":scheme"u8, "http"u8);
        head.Add(":path"u8, "/"u8);
        head.Add(":authority"u8, "api"u8);
        return connection.TryOpen(head, isEnd: false) ?? throw new InvalidOperationException("A new connection has room.");
    }
}
