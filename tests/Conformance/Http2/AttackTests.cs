using static Weft.Conformance.Http2.Http2Wire;
using static Weft.Conformance.Http2.ProxyCase;

namespace Weft.Conformance.Http2;

/// <summary>RFC 9113 §10.5 against the shipped proxy: floods end with a defined answer, memory stays where it was, and others are served meanwhile.</summary>
public sealed class AttackTests(ProxyWorld world) : IClassFixture<ProxyWorld>
{
    private const int Frames = 5_000;
    private const long MemoryMax = 48 << 20;

    public static TheoryData<string, string> Floods => new()
    {
        { "settings", Frame(4, 0, 0, "000300000064") },
        { "empty settings", Frame(4, 0, 0) },
        { "ping", Frame(6, 0, 0, "0102030405060708") },
        { "priority", Frame(2, 0, 1, "0000000010") },
        { "unknown type", Frame(0xBE, 0, 0) },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public Task Flood_OfFramesThatCarryNothing_EndsCalmly(string name, string frame) => FloodAsync(name, string.Concat(Enumerable.Repeat(frame, Frames)));

    [Fact]
    public Task Flood_OfEmptyData_EndsCalmly() => FloodAsync("empty data", Head(Post, 4) + string.Concat(Enumerable.Repeat(Frame(0, 0, 1), Frames)));

    /// <summary>CVE-2023-44487.</summary>
    [Fact]
    public Task RapidReset_OfRequests_EndsCalmly() =>
        FloodAsync("rapid reset", string.Concat(Enumerable.Range(0, Frames).Select(i => Head(Get, 5, (2 * i) + 1) + Frame(3, 0, (2 * i) + 1, "00000008"))));

    /// <summary>What makes us reset stream 1; 01 stands where its number goes.</summary>
    public static TheoryData<string, string> MadeResets => new()
    {
        { "window by nothing", Head(Post, 4) + Frame(8, 0, 1, "00000000") },
        { "window over its limit", Head(Post, 4) + Frame(8, 0, 1, "7FFFFFFF") },
        { "DATA behind the end", Head(Get) + Frame(0, 0, 1, "61") },
        { "HEADERS behind the end", Head(Post, 4) + Frame(0, 1, 1, "61") + Head(Get) },
        { "PRIORITY of a wrong size", Head(Post, 4) + Frame(2, 0, 1, "00000000") },
        { "content over its length", Head(Post + Field("content-length", "1"), 4) + Frame(0, 0, 1, "6162") },
        { "content under its length", Head(Post + Field("content-length", "9"), 4) + Frame(0, 1, 1, "61") },
        { "trailers that are none", Head(Post, 4) + Head("82") },
        { "head that is none", Head(Get + Field("X", "y")) },
    };

    /// <summary>Resets that we are made to send cost as much (CVE-2025-8671).</summary>
    [Theory]
    [MemberData(nameof(MadeResets))]
    public Task MadeYouReset_OnStreamAfterStream_EndsCalmly(string name, string frames) =>
        FloodAsync(name, string.Concat(Enumerable.Range(0, Frames).Select(i => frames.Replace("00000001", $"{(2 * i) + 1:X8}", StringComparison.Ordinal))));

    /// <summary>§5.3.1: a stream that depends on itself was an error once, and made resets; PRIORITY says nothing any more.</summary>
    [Fact]
    public async Task Priority_OnItself_ResetsNothing()
    {
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(Frame(2, 0, 1, "0000000110") + Frame(1, 37, 1, "0000000110" + Get));
        Assert.True(await wire.ReadUntilAsync(f => f.StreamId == 1 && (f.EndsStream || f.Type == SeenFrame.Reset)) is { EndsStream: true });
    }

    /// <summary>CVE-2020-11080: each parameter may move the windows of all streams.</summary>
    [Theory]
    [InlineData(32, false)]
    [InlineData(33, true)]
    [InlineData(2_700, true)]
    public async Task Settings_OfManyParameters_EndCalmly(int parameters, bool ends)
    {
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(Frame(4, 0, 0, string.Concat(Enumerable.Repeat("000400000064", parameters))) + Frame(6, 0, 0, "5745465400000001"));
        SeenFrame? seen = await wire.ReadUntilAsync(f => f.Type == SeenFrame.GoAway || f is { Type: SeenFrame.Ping, IsAck: true });
        Assert.Equal(ends ? SeenFrame.GoAway : SeenFrame.Ping, seen?.Type);
        Assert.True(!ends || seen?.Code == Calm);
    }

    /// <summary>CVE-2019-9517 and its kind: credit that nobody needs costs us a look each.</summary>
    [Fact]
    public Task Flood_OfWindowUpdates_EndsCalmly() => FloodAsync("window updates", string.Concat(Enumerable.Repeat(Frame(8, 0, 0, "00000001"), 4 * Frames)));

    /// <summary>RFC 7541 §4.2: a size is said at a block's start, and as often as one likes.</summary>
    [Fact]
    public async Task HpackTable_ResizedAgainAndAgain_CostsNothing()
    {
        long before = await RestAsync();
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(Head(string.Concat(Enumerable.Repeat("203FE11F", 4_000)) + Get));
        Assert.True(await wire.ReadUntilAsync(f => f.StreamId == 1 && (f.EndsStream || f.Type == SeenFrame.Reset)) is { EndsStream: true });
        await StandsAsync(before);
    }

    /// <summary>One head of many fields, or of one cookie's many crumbs: a limit in HTTP/1 is a limit here (RFC 9113 §10.5.1).</summary>
    [Theory]
    [InlineData("x")]
    [InlineData("cookie")]
    public async Task Head_OfAThousandFields_IsAnswered431(string name)
    {
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(Head(Get + string.Concat(Enumerable.Repeat(Field(name, "y"), 1_000))));
        SeenFrame? head = await wire.ReadUntilAsync(f => f.StreamId == 1);
        Assert.Contains("431", System.Text.Encoding.Latin1.GetString(head?.Payload ?? []), StringComparison.Ordinal);
    }

    /// <summary>Large heads on all streams of many connections leave nothing behind: what served them is not kept at that size.</summary>
    [Fact]
    public async Task LargeHeads_OnManyStreams_LeaveNoMemory()
    {
        long before = await RestAsync();
        string large = Get + "400178" + "7FA11E" + Convert.ToHexString(new byte[4_000].Select(_ => (byte)'y').ToArray()) + string.Concat(Enumerable.Repeat("BE", 12)); // 13 fields of 4 KB
        for (int connection = 0; connection < 4; connection++)
        {
            using Http2Wire wire = await ConnectAsync(world.Port);
            await wire.GreetAsync();
            for (int stream = 0; stream < 250; stream++)
            {
                await wire.SendHexAsync(Head(stream == 0 ? large : Get + string.Concat(Enumerable.Repeat("BE", 13)), 5, (2 * stream) + 1));
            }

            for (int ends = 0; ends < 250; ends++)
            {
                Assert.NotNull(await wire.ReadUntilAsync(f => f.EndsStream || f.Type == SeenFrame.Reset));
            }
        }

        await StandsAsync(before);
    }

    /// <summary>CVE-2024-27316.</summary>
    [Fact]
    public Task ContinuationFlood_OfEmptyFragments_EndsCalmly() => FloodAsync("continuation", Frame(1, 1, 1, Get) + string.Concat(Enumerable.Repeat(Frame(9, 0, 1), Frames)));

    [Fact]
    public Task ContinuationFlood_OfFullFragments_EndsCalmly() =>
        FloodAsync("large continuation", Frame(1, 1, 1, Get) + string.Concat(Enumerable.Repeat(Frame(9, 0, 1, string.Concat(Enumerable.Repeat(Field("x", new string('y', 100)), 100))), 100)));

    /// <summary>RFC 7541 §7.3: one large entry, named again and again, is a thousand times its own size.</summary>
    [Fact]
    public async Task HpackBomb_OfOneEntry_IsAnswered431()
    {
        long before = await RestAsync();
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        string large = "400178" + "7FA11E" + Convert.ToHexString(new byte[4_000].Select(_ => (byte)'y').ToArray()); // 127 + 3873 bytes
        await wire.SendHexAsync(Frame(1, 5, 1, Get + large + string.Concat(Enumerable.Repeat("BE", 10_000))));
        SeenFrame? seen = await wire.ReadUntilAsync(f => f.StreamId == 1 || f.Type == SeenFrame.GoAway);
        Assert.True(seen is { Type: SeenFrame.Headers } && System.Text.Encoding.Latin1.GetString(seen.Payload).Contains("431", StringComparison.Ordinal) || seen is { Type: SeenFrame.GoAway }, $"{seen}");
        await StandsAsync(before);
    }

    /// <summary>A hundred large answers that nobody takes hold a bounded piece each, and stop nobody else.</summary>
    [Fact]
    public async Task ZeroWindow_OnAHundredStreams_HoldsBoundedMemory()
    {
        const string Large = "8286" + "0410" + "2F6C617267652F313030303030303030" + "010161"; // /large/100000000
        long before = await RestAsync();
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync("000400000000");
        await wire.SendHexAsync(string.Concat(Enumerable.Range(0, 100).Select(i => Head(Large, 5, (2 * i) + 1))));
        for (int heads = 0; heads < 100; heads++)
        {
            Assert.NotNull(await wire.ReadUntilAsync(f => f.Type == SeenFrame.Headers));
        }

        await StandsAsync(before);

        // Whoever opens a window again goes on where it stopped.
        await wire.SendHexAsync(Frame(8, 0, 1, "00000400"));
        Assert.Equal(1, (await wire.ReadUntilAsync(f => f.Type == SeenFrame.Data))?.StreamId);
    }

    private async Task FloodAsync(string name, string frames)
    {
        long before = await RestAsync();
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(frames);
        SeenFrame? end = await wire.ReadUntilAsync(f => f.Type == SeenFrame.GoAway);

        // With unread input behind it a close may overtake the GOAWAY; an end it is in any case.
        Assert.True(end is null || end.Code == Calm, $"{name}: {end} code {end?.Code}");
        Assert.Null(await wire.ReadUntilAsync(_ => false));
        await StandsAsync(before);
    }

    private async Task<long> RestAsync()
    {
        await ServesAsync();
        return world.ResidentBytes;
    }

    private async Task StandsAsync(long before)
    {
        await ServesAsync();
        Assert.InRange(world.ResidentBytes - before, long.MinValue, MemoryMax);
        Assert.False(world.Proxy.HasExited);
    }

    private async Task ServesAsync()
    {
        using Http2Wire wire = await ConnectAsync(world.Port);
        await wire.GreetAsync();
        await wire.SendHexAsync(Head(Get));
        Assert.NotNull(await wire.ReadUntilAsync(f => f.StreamId == 1 && f.EndsStream));
    }
}
