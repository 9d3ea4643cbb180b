using System.Net;
using System.Net.Sockets;
using Weft.Primitives;
using Weft.Proxy.Overload;
using Weft.Telemetry.Logging;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.World.DataPath;

namespace Weft.World.LifeCycle;

/// <summary>The overload ladder on a data path: each step sheds as it says, and is left without a trace.</summary>
public sealed class OverloadTests
{
    private const int BodyBytes = 4 << 20;

    private static readonly OverloadLimits Limits = new() { Connections = 100 };

    [Fact]
    public async Task Pressure_UpAndDownTheLadder_ShedsStepByStep()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        int connections = 0;
        var guard = new OverloadGuard(kit.Proxy.Path, Limits, new EventLog(Stream.Null, TimeProvider.System), () => new ResourceUse(0, 0, connections));

        Step(OverloadStep.None, 50);
        Assert.DoesNotContain("connection: close", await HeadAsync(), StringComparison.OrdinalIgnoreCase);
        Step(OverloadStep.Conserve, 80);
        Assert.StartsWith("HTTP/1.1 200", await HeadAsync(), StringComparison.Ordinal);
        Step(OverloadStep.CloseConnections, 90);
        string asked = await HeadAsync();
        Assert.StartsWith("HTTP/1.1 200", asked, StringComparison.Ordinal);
        Assert.Contains("connection: close", asked, StringComparison.OrdinalIgnoreCase);
        Step(OverloadStep.RefuseRequests, 95);
        string refused = await HeadAsync();
        Assert.StartsWith("HTTP/1.1 503", refused, StringComparison.Ordinal);
        Assert.Contains("retry-after: 1", refused, StringComparison.OrdinalIgnoreCase);
        Assert.True(kit.Proxy.Telemetry.Loops.Sum(l => (long)l.Counters.Read(LoopCounter.Shed)) > 0);
        foreach (OverloadStep step in (OverloadStep[])[OverloadStep.CloseConnections, OverloadStep.Conserve, OverloadStep.None, OverloadStep.None])
        {
            Step(step, 0);
        }

        Assert.DoesNotContain("connection: close", await HeadAsync(), StringComparison.OrdinalIgnoreCase);

        void Step(OverloadStep expected, int used)
        {
            connections = used;
            guard.Look();
            Assert.Equal(expected, guard.Last.Step);
        }

        async Task<string> HeadAsync()
        {
            using RawClient client = await RawClient.ConnectAsync(kit.Http);
            await client.GetAsync("/hello");
            return (await client.ReadAnswerAsync()).Head;
        }
    }

    [Fact]
    public async Task Http2Request_UnderPressure_IsRefusedByAStatusAndGrpcByItsCode()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        var guard = new OverloadGuard(kit.Proxy.Path, Limits, new EventLog(Stream.Null, TimeProvider.System), () => new ResourceUse(0, 0, 95));
        guard.Look();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using HttpResponseMessage refused = await invoker.SendAsync(Request(null), CancellationToken.None).WaitAsync(PathKit.Patience);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        using HttpResponseMessage grpc = await invoker.SendAsync(Request("application/grpc"), CancellationToken.None).WaitAsync(PathKit.Patience);
        Assert.Equal($"{(int)Fault.Overloaded.Info().Grpc}", Assert.Single(grpc.Headers.GetValues("grpc-status")));

        HttpRequestMessage Request(string? type)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"http://{kit.Http}/hello") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([]) };
            request.Content.Headers.ContentType = type is null ? null : new(type);
            return request;
        }
    }

    [Fact]
    public async Task Connection_AtTheLastStep_IsResetAndServedAgainLater()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        int connections = 100;
        var guard = new OverloadGuard(kit.Proxy.Path, Limits, new EventLog(Stream.Null, TimeProvider.System), () => new ResourceUse(0, 0, connections));
        guard.Look();
        using (RawClient waiting = await RawClient.ConnectAsync(kit.Http))
        {
            await waiting.GetAsync("/hello");
            await Assert.ThrowsAnyAsync<IOException>(waiting.ReadToEndAsync);
        }

        connections = 0;
        for (int i = 0; i < 4; i++)
        {
            guard.Look();
        }

        using RawClient served = await RawClient.ConnectAsync(kit.Http);
        await served.GetAsync("/hello");
        Assert.Equal(LifeOrigin.Answer, (await served.ReadAnswerAsync()).Body);
    }

    /// <summary>Far fewer blocks than many clients who do not read would need: some are cut, nobody breaks, all memory comes back.</summary>
    [Fact]
    public async Task Memory_ForBytesOnTheirWayUsedUp_CutsConnectionsAndServesOn()
    {
        const long BlockBytesMax = 256 << 10;
        using var origin = new RawOrigin(async c =>
        {
            await c.ReadHeadAsync();
            await c.SendAsync("HTTP/1.1 200 OK\r\n\r\n" + new string('x', BodyBytes));
        });
        await using LifeKit kit = await LifeKit.StartAsync(new LoopLimits { BlockBytesMax = BlockBytesMax });
        var broken = new System.Collections.Concurrent.ConcurrentQueue<string>();
        foreach (EventLoop loop in kit.Proxy.Path.Loops.Select(l => l.Loop))
        {
            loop.Failed = (where, e) => broken.Enqueue($"{where}: {e}");
        }

        kit.PointTo(origin.Port);
        RawClient[] clients = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            RawClient client = await RawClient.ConnectAsync(kit.Http);
            await client.GetAsync("/", "Connection: close\r\n");
            return client;
        }));
        bool[] cut = await Task.WhenAll(clients.Select(IsCutAsync));
        Assert.Contains(true, cut);
        Array.ForEach(clients, static c => c.Dispose());
        kit.PointTo(kit.Origin.Http1Port);
        using RawClient after = await RawClient.ConnectAsync(kit.Http);
        await after.GetAsync("/hello");
        Assert.Equal(LifeOrigin.Answer, (await after.ReadAnswerAsync()).Body);
        Assert.All(kit.Proxy.Path.Loops, l => Assert.InRange(l.Loop.Memory.Used, 0, BlockBytesMax));
        Assert.Empty(broken);
    }

    private static async Task<bool> IsCutAsync(RawClient client)
    {
        try
        {
            string head = await client.ReadHeadAsync();
            return head.StartsWith("HTTP/1.1 503", StringComparison.Ordinal) || (await client.ReadToEndAsync()).Length < BodyBytes;
        }
        catch (Exception e) when (e is IOException or SocketException or Xunit.Sdk.XunitException)
        {
            return true;
        }
    }
}
