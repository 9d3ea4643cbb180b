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

    /// <summary>Resets that we are made to send cost as much (CVE-2025-8671).</summary>
    [Fact]
    public Task MadeYouReset_ByWrongWindows_EndsCalmly() =>
        FloodAsync("made you reset", string.Concat(Enumerable.Range(0, Frames).Select(i => Head(Post, 4, (2 * i) + 1) + Frame(8, 0, (2 * i) + 1, "00000000"))));

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
