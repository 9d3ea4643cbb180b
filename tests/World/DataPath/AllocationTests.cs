using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Proxy.Static;
using Weft.Transport;

namespace Weft.World.DataPath;

public sealed class AllocationTests
{
    private const int Warm = 300;
    private const int Measured = 2_000;

    /// <summary>Without anything, with limits that every request is counted against, and hedged while its answers come in time.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(10, false)]
    [InlineData(0, true)]
    [InlineData(10, true)]
    public async Task Request_WarmThroughTwoProxiesWithMutualTls_AllocatesNothingOnTheLoops(uint limit, bool isHedged)
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit { Loops = 1 };
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, cluster: c =>
        {
            c.Limits = new ConnectionLimits { Connections = limit, Pending = limit, Requests = limit, Retries = limit };
            c.Hedging = isHedged ? new Hedging { After = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)), Attempts = 1 } : null;
        });
        await RunAsync(client, Warm);
        using var outbound = new Probe(kit.Client!);
        using var inbound = new Probe(kit.Server!);
        (long outboundBefore, long inboundBefore) = (outbound.Read(), inbound.Read());
        await RunAsync(client, Measured);
        Assert.Equal((0L, 0L), (outbound.Read() - outboundBefore, inbound.Read() - inboundBefore));
    }

    private const int RoundsMax = 40;

    [Fact]
    public async Task Body_RelayedInManyPieces_AllocatesNothingPerPiece()
    {
        string body = new('x', 4 << 20);
        using var origin = new RawOrigin(async c =>
        {
            while (await c.ReadHeadAsync() is not null)
            {
                await c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            }
        });
        await using var kit = new PathKit { Loops = 1 };
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        for (int i = 0; i < 3; i++)
        {
            await client.GetAsync("/");
            await client.SkipAnswerAsync();
        }

        using var outbound = new Probe(kit.Client!);
        var rounds = new List<long>();
        while (rounds.Count < RoundsMax && (rounds.Count == 0 || rounds[^1] > 0))
        {
            long before = outbound.Read();
            await client.GetAsync("/");
            await client.SkipAnswerAsync();
            rounds.Add(outbound.Read() - before);
        }

        // A client that was slower than before makes the pools grow by what then waited; that happens a few times, not for every piece.
        Assert.Equal(0, rounds[^1]);
    }

    private static async Task RunAsync(RawClient client, int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            await client.GetAsync("/warm");
            await client.SkipAnswerAsync();
        }
    }

    /// <summary>Reads what a proxy's only loop has allocated, without allocating there.</summary>
    private sealed class Probe : IDisposable
    {
        private readonly EventLoop _loop;
        private readonly Action _look;
        private readonly ManualResetEventSlim _looked = new();
        private long _bytes;

        internal Probe(StaticProxy proxy)
        {
            _loop = proxy.Path.Loops[0].Loop;
            _look = () =>
            {
                _bytes = GC.GetAllocatedBytesForCurrentThread();
                _looked.Set();
            };
            Read(); // the first look may still compile something
        }

        internal long Read()
        {
            _looked.Reset();
            _loop.Post(_look);
            Assert.True(_looked.Wait(PathKit.Patience));
            return _bytes;
        }

        public void Dispose() => _looked.Dispose();
    }
}
