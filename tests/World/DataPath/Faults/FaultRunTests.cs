using System.Globalization;
using System.Text.Json;
using Weft.Primitives;
using Weft.Proxy.Static;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.World.DataPath.Faults;

[CollectionDefinition(nameof(FaultRunTests), DisableParallelization = true)]
public sealed class FaultRunAlone;

/// <summary>
/// Half an hour of the loops' clock full of resets, half-closes, stalls, cut handshakes, slow readers and swaps of configuration, the same plan for
/// the same seed (WEFT_SEED). Alone in its process, since it counts descriptors.
/// </summary>
[Collection(nameof(FaultRunTests))]
public sealed class FaultRunTests
{
    private const int Minutes = 30;
    private const int Clients = 12;
    private const int DefaultSeed = 20_240_229;

    private int _lastId;

    [Fact]
    public async Task HalfAnHourOfFaults_AtSixtyfoldSpeed_LeavesNothingBehind()
    {
        int seed = Environment.GetEnvironmentVariable("WEFT_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultSeed;
        TestContext.Current.TestOutputHelper!.WriteLine($"WEFT_SEED={seed}");
        using var world = new FaultWorld();
        await RunAsync(world, seed, clients: 2, TimeSpan.FromMinutes(1)); // warms whatever opens descriptors once
        await SettleAsync(world);
        int descriptors = Descriptors();

        FaultClient[] clients = await RunAsync(world, seed, Clients, TimeSpan.FromMinutes(Minutes));

        await SettleAsync(world);
        await EventuallyAsync(() => Descriptors() <= descriptors, () => $"{descriptors} sockets before, {Descriptors()} after");
        Assert.Empty(clients.SelectMany(c => c.Wrong).Concat(world.Origin.Wrong).Select(w => $"WEFT_SEED={seed}: {w}"));
        Check(world, clients, seed);
    }

    private async Task<FaultClient[]> RunAsync(FaultWorld world, int seed, int clients, TimeSpan clockTime)
    {
        using var end = new CancellationTokenSource(clockTime / FaultWorld.ClockSpeed);
        FaultClient[] all = [.. Enumerable.Range(0, clients).Select(i => new FaultClient(world, new Random((seed * 31) + i), () => Interlocked.Increment(ref _lastId)))];
        Task swaps = SwapAsync(world, new Random(seed), end.Token);
        await Task.WhenAll(all.Select(c => LoopAsync(c, end.Token)));
        await swaps;
        return all;
    }

    private static async Task LoopAsync(FaultClient client, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await client.StepAsync();
        }
    }

    private static async Task SwapAsync(FaultWorld world, Random random, CancellationToken end)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(40));
        while (!end.IsCancellationRequested)
        {
            world.Swap(random);
            await pause.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>No client is left: connections go, and with them every block.</summary>
    private static async Task SettleAsync(FaultWorld world)
    {
        foreach (StaticProxy proxy in (StaticProxy[])[world.Near, world.Far])
        {
            EventLoop[] loops = [.. proxy.Path.Loops.Select(l => l.Loop)];
            proxy.Path.CloseIdleUpstreams();
            await EventuallyAsync(() => loops.Sum(l => l.ConnectionCount) == 0, () => Left(world), proxy.Path.CloseIdleUpstreams);
            foreach (EventLoop loop in loops)
            {
                Assert.Equal(0, await PathKit.RentedAsync(loop));
            }
        }
    }

    private static string Left(FaultWorld world) =>
        $"connections are left: {Count(world.Near)} near, {Count(world.Far)} far; the origin still has {string.Join(", ", world.Origin.Open)}";

    private static int Count(StaticProxy proxy) => proxy.Path.Loops.Sum(l => l.Loop.ConnectionCount);

    /// <summary>Every request that was waited for has one line in the log, and line and client say the same of it.</summary>
    private static void Check(FaultWorld world, FaultClient[] clients, int seed)
    {
        JsonElement[] lines = world.NearLog.Read();
        ILookup<string, JsonElement> byId = ById(lines);
        ILookup<string, JsonElement> farById = ById(world.FarLog.Read());
        Sight[] seen = [.. clients.SelectMany(c => c.Seen)];
        var wrong = new List<string>();
        foreach (Sight sight in seen)
        {
            JsonElement[] own = [.. byId[$"{sight.Id}"]];
            if (own.Length > 1 || (sight.IsAwaited && own.Length == 0) || (sight.IsAwaited && !Agrees(sight, own[0], farById[$"{sight.Id}"])))
            {
                wrong.Add($"WEFT_SEED={seed}: {sight} against {string.Join(" and ", own.Select(l => l.ToString()))}");
            }
        }

        HashSet<string?> faulty = [.. lines.Where(HasFault).Select(l => l.TryGetProperty("client", out JsonElement client) ? client.GetString() : null)];
        wrong.AddRange(clients.SelectMany(c => c.CutTunnels).Where(t => !faulty.Contains(t)).Select(t => $"WEFT_SEED={seed}: the opaque connection of {t} was cut without a fault"));
        Assert.True(wrong.Count == 0, $"{wrong.Count} requests end differently here and there\n{string.Join('\n', wrong.Take(10))}");
        Assert.All(lines.Concat(world.FarLog.Read()), l => Assert.True(!l.TryGetProperty("fault", out JsonElement fault) || IsDefined(fault.GetString()!), l.ToString()));
        Tell(world, clients, seen, lines);
    }

    /// <summary>A fault that the inner proxy answered is the outer one's plain answer.</summary>
    private static bool Agrees(Sight sight, JsonElement line, IEnumerable<JsonElement> far)
    {
        int status = line.GetProperty("status").GetInt32();
        if (!sight.IsWhole)
        {
            return HasFault(line) && (sight.Status == 0 || status == sight.Status);
        }

        return status == sight.Status && (sight.IsOrigins || HasFault(line) || far.Any(HasFault));
    }

    private static bool HasFault(JsonElement line) => line.TryGetProperty("fault", out _);

    private static ILookup<string, JsonElement> ById(JsonElement[] lines) =>
        lines.Where(l => l.TryGetProperty("path", out _)).ToLookup(l => IdOf(l.GetProperty("path").GetString() ?? string.Empty));

    /// <summary>The names of faults but the one that blames ourselves.</summary>
    private static bool IsDefined(string name) => name != Fault.Internal.Info().Name && Enum.GetValues<Fault>().Any(f => f.Info().Name == name);

    private static string IdOf(string path) => path.Split('/') is [_, "f", var id, ..] ? id : string.Empty;

    private static void Tell(FaultWorld world, FaultClient[] clients, Sight[] seen, JsonElement[] lines)
    {
        IEnumerable<string> faults = lines.Where(l => l.TryGetProperty("fault", out _)).GroupBy(l => l.GetProperty("fault").GetString()).OrderByDescending(g => g.Count()).Select(g => $"{g.Key} {g.Count()}");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Minutes} min of the clock: {clients.Sum(c => c.Connections)} connections, {seen.Length} requests, {seen.Count(s => s.IsWhole && s.IsOrigins)} whole answers of the origin; {string.Join(", ", faults)}");
        Assert.True(seen.Count(s => s.IsWhole && s.IsOrigins) > seen.Length / 10, "too few requests got through to say anything");
        ulong hedges = world.Near.Path.Loops.Aggregate(0ul, (sum, l) => sum + l.Telemetry.Counters.Read(LoopCounter.Hedges));
        Assert.True(hedges > 0, "nothing was hedged");
    }

    /// <summary>Sockets of this process; pipes and files come and go with .NET's own threads.</summary>
    private static int Descriptors() => Directory.GetFiles("/proc/self/fd").Count(f => File.ResolveLinkTarget(f, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) is true);

    private static async Task EventuallyAsync(Func<bool> holds, Func<string> otherwise, Action? again = null)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (int i = 0; i < 500 && !holds(); i++)
        {
            await pause.WaitForNextTickAsync();
            again?.Invoke();
        }

        Assert.True(holds(), otherwise());
    }
}
