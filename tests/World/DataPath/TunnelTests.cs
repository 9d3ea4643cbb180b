using System.Net;
using Weft.Http.Http2;
using Weft.Primitives;

namespace Weft.World.DataPath;

/// <summary>What a request was upgraded to, in either version over one proxy and two to an application of HTTP/1: ends, resets, and the bytes before them.</summary>
public sealed class TunnelTests
{
    private const string Switch = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

    /// <summary>More than kernel and proxies hold for a reader that is slow.</summary>
    private const int LargeBytes = 3 << 20;

    /// <summary>More than one turn relays.</summary>
    private const int HeldBytes = 512 << 10;

    /// <summary>Few enough that all of them are with the proxies at once.</summary>
    private const int SmallBytes = 32 << 10;

    private static readonly Http2Limits s_small = Http2Limits.Default with { StreamWindowBytes = 16 << 10 };

    public static TheoryData<string, int> Ways => new() { { "1.1", 1 }, { "1.1", 2 }, { "2", 1 }, { "2", 2 } };

    public static TheoryData<int> Hops => [1, 2];

    /// <summary>Both directions, one after the other has ended.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task End_OfOneDirection_LeavesTheOtherOpen(string version, int hops)
    {
        byte[] content = Content(LargeBytes);
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            string said = await c.ReadToEndAsync();
            await c.SendAsync(said);
        });
        await using var kit = new PathKit();
        using TunnelClient client = await TunnelClient.OpenAsync(version, kit.Start(hops, origin));
        await client.SendAsync(content, isEnd: true);
        Assert.Equal(content, await client.ReadToEndAsync());
    }

    /// <summary>The client has ended its side before, so that with the origin's end everything is over.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Origin_ClosesBehindALargeTail_TheClientGetsAllOfIt(string version, int hops)
    {
        byte[] content = Content(LargeBytes);
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            await c.ReadToEndAsync();
            await c.SendAsync(content);
        });
        await using var kit = new PathKit();
        using TunnelClient client = await TunnelClient.OpenAsync(version, kit.Start(hops, origin));
        await client.SendAsync([], isEnd: true);
        Assert.Equal(content, await client.ReadToEndAsync());
    }

    /// <summary>The other way about: the origin has ended its side before, and takes the tail slowly.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_ClosesBehindALargeTail_TheOriginGetsAllOfIt(string version, int hops)
    {
        byte[] content = Content(LargeBytes);
        var got = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            c.FinishSending();
            got.SetResult(await c.CountToEndAsync());
        });
        await using var kit = new PathKit();
        using (TunnelClient client = await TunnelClient.OpenAsync(version, kit.Start(hops, origin)))
        {
            Assert.True(await client.ReadToEndAsync() is { Length: 0 });
            await client.SendAsync(content, isEnd: true);
            client.CloseAfterEnd();
            Assert.Equal(LargeBytes, await got.Task.WaitAsync(PathKit.Patience));
        }
    }

    /// <summary>A client that closes takes nothing more, which must not take away what it said before.</summary>
    [Theory]
    [MemberData(nameof(Hops))]
    public async Task Client_ClosesWhileTheOriginTalks_TheOriginGetsItsTail(int hops)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var got = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            await closed.Task; // a client that closes with something unread would reset its own tail away
            int sum = 0, count;
            while ((count = (await c.ReadAsync(16 << 10)).Length) > 0)
            {
                sum += count;
                await c.SendAsync("x");
            }

            got.SetResult(sum);
        });
        await using var kit = new PathKit();
        using (TunnelClient client = await TunnelClient.OpenAsync("1.1", kit.Start(hops, origin)))
        {
            await client.SendAsync(Content(HeldBytes), isEnd: false);
            await client.SentAsync();
            client.CloseAfterEnd();
            closed.SetResult();
            Assert.Equal(HeldBytes, await got.Task.WaitAsync(PathKit.Patience));
        }
    }

    /// <summary>Likewise an application that closes while the client goes on talking.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Origin_ClosesWhileTheClientTalks_TheClientGetsItsTail(string version, int hops)
    {
        byte[] content = Content(SmallBytes);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            await c.SendAsync(content);
            c.Dispose();
            closed.SetResult();
        });
        await using var kit = new PathKit();
        using TunnelClient client = await TunnelClient.OpenAsync(version, kit.Start(hops, origin));
        await closed.Task.WaitAsync(PathKit.Patience);
        for (int i = 0; i < 50; i++)
        {
            await client.SendAsync([(byte)i], isEnd: false);
            await Task.Yield();
        }

        Assert.Equal(content, await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Origin_Resets_TheClientTakesItForNoEnd(string version, int hops)
    {
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            await c.SendAsync("part");
            await c.ReadAsync(1);
            c.Reset();
        });
        await using var kit = new PathKit();
        using TunnelClient client = await TunnelClient.OpenAsync(version, kit.Start(hops, origin));
        await client.SendAsync([1], isEnd: false);
        Assert.Null(await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_Resets_TheOriginTakesItForNoEnd(string version, int hops)
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var origin = new RawOrigin(async c =>
        {
            await SwitchAsync(c);
            await c.SendAsync("here");
            Exception? failed = await Record.ExceptionAsync(c.CountToEndAsync);
            ended.SetResult(failed is null);
        });
        await using var kit = new PathKit();
        using TunnelClient client = await TunnelClient.OpenAsync(version, kit.Start(hops, origin));
        await client.ReadAsync(4);
        client.Reset();
        Assert.False(await ended.Task.WaitAsync(PathKit.Patience));
    }

    private static async Task SwitchAsync(OriginConnection c)
    {
        Assert.Contains("upgrade: websocket", await c.ReadHeadAsync() ?? string.Empty);
        await c.SendAsync(Switch);
    }

    private static byte[] Content(int count)
    {
        byte[] content = new byte[count];
        new Random(count).NextBytes(content);
        return content;
    }

    /// <summary>A tunnel's client end, whichever version opened it.</summary>
    private sealed class TunnelClient(RawClient? raw, Http2Asker? asker, Http2Stream? stream) : IDisposable
    {
        internal static async Task<TunnelClient> OpenAsync(string version, IPEndPoint proxy)
        {
            if (version == "1.1")
            {
                RawClient raw = await RawClient.ConnectAsync(proxy, receiveBytes: 4 << 10);
                await raw.GetAsync("/ws", "Connection: upgrade\r\nUpgrade: websocket\r\n");
                Assert.StartsWith("HTTP/1.1 101", await raw.ReadHeadAsync());
                return new TunnelClient(raw, null, null);
            }

            Http2Asker asker = await Http2Asker.ConnectAsync(proxy, s_small);
            Http2Stream stream = await asker.UpgradeAsync("/ws");
            Assert.Equal(200, await asker.StatusAsync(stream));
            return new TunnelClient(null, asker, stream);
        }

        internal async Task SendAsync(byte[] content, bool isEnd)
        {
            if (asker is not null)
            {
                await asker.WriteAsync(stream!, content, isEnd); // OpenAsync makes them together
                return;
            }

            await raw!.SendAsync(content); // likewise
            if (isEnd)
            {
                raw.FinishSending();
            }
        }

        internal async Task ReadAsync(int count)
        {
            if (raw is not null)
            {
                await raw.ReadAsync(count);
            }
        }

        /// <summary>Null: it was cut off.</summary>
        internal async Task<byte[]?> ReadToEndAsync()
        {
            if (asker is not null)
            {
                (byte[] content, Fault fault) = await asker.ReadToEndAsync(stream!); // OpenAsync makes them together
                return fault == Fault.None ? content : null;
            }

            try
            {
                return System.Text.Encoding.Latin1.GetBytes(await raw!.ReadToEndAsync()); // likewise
            }
            catch (IOException)
            {
                return null;
            }
        }

        internal Task SentAsync() => raw?.SentAsync() ?? Task.CompletedTask;

        internal void CloseAfterEnd() => raw?.Dispose();

        internal void Reset()
        {
            raw?.Reset();
            asker?.Reset(stream!); // OpenAsync makes them together
        }

        public void Dispose()
        {
            raw?.Dispose();
            asker?.Dispose();
        }
    }
}
