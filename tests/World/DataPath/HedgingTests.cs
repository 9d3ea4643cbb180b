using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Proxy.Static;
using Weft.Telemetry.Metrics;

namespace Weft.World.DataPath;

/// <summary>Requests that are tried at a second endpoint before the first has failed. Origins answer when the test says so; nothing here depends on how fast.</summary>
public sealed class HedgingTests
{
    private static readonly TimeSpan After = TimeSpan.FromMilliseconds(20);

    /// <summary>Long enough that several hedges would have been sent.</summary>
    private static readonly TimeSpan WellAfter = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task Get_OneEndpointSilent_IsAlwaysAnsweredByTheOtherAndTheSilentOneIsReset()
    {
        using var silent = new HeldOrigin();
        using RawOrigin fast = RawOrigin.Telling();
        using OriginsKit kit = Start([silent.Port, fast.Port]);
        using RawClient client = await kit.ConnectAsync();
        const int Requests = 20;
        for (int i = 0; i < Requests; i++)
        {
            await client.GetAsync($"/{i}");
            (string head, string body) = await client.ReadAnswerAsync();
            Assert.StartsWith("HTTP/1.1 200 ", head);
            Assert.StartsWith($"GET /{i} ", body);
        }

        await silent.Left.Task.WaitAsync(PathKit.Patience);
        JsonElement[] lines = await kit.LogAsync(Requests);
        int[] attempts = [.. lines.Select(l => l.GetProperty("attempts").GetInt32())];
        Assert.Contains(2, attempts); // turns are taken, so every second request began at the silent one
        Assert.All(attempts, a => Assert.InRange(a, 1, 2));
        ulong hedged = (ulong)attempts.Count(a => a == 2);
        Assert.Equal((hedged, hedged), (kit.Count(LoopCounter.Hedges), kit.Count(LoopCounter.TriesLetGo)));
        Assert.InRange(kit.Count(LoopCounter.HedgesWon), 1ul, hedged);
        Assert.All(lines, l => Assert.Equal($"127.0.0.1:{fast.Port}", l.GetProperty("upstream").GetString()));
    }

    /// <summary>What may not be made twice, or cannot be sent twice, is sent once however long it takes.</summary>
    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: api.default:9080\r\nContent-Length: 2\r\n\r\nhi")]
    [InlineData("PATCH / HTTP/1.1\r\nHost: api.default:9080\r\n\r\n")]
    [InlineData("PUT / HTTP/1.1\r\nHost: api.default:9080\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: api.default:9080\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")]
    public async Task Request_NotToBeMadeTwice_IsSentOnce(string request)
    {
        using HeldOrigin a = new(), b = new();
        using OriginsKit kit = Start([a.Port, b.Port]);
        using RawClient client = await kit.ConnectAsync();
        await client.SendAsync(request);
        await Task.WhenAny(a.Asked.Task, b.Asked.Task).WaitAsync(PathKit.Patience);
        await kit.PassAsync(WellAfter);
        Assert.Equal(1, a.Requests.Count + b.Requests.Count);
        Assert.Equal(0ul, kit.Count(LoopCounter.Hedges));
    }

    [Fact]
    public async Task Put_WithAShortBody_BringsItToBoth()
    {
        using HeldOrigin a = new(), b = new();
        using OriginsKit kit = Start([a.Port, b.Port]);
        using RawClient client = await kit.ConnectAsync();
        await client.SendAsync("PUT /p HTTP/1.1\r\nHost: api.default:9080\r\nContent-Length: 10\r\n\r\n01234");
        await client.SendAsync("56789");
        await Task.WhenAll(a.Asked.Task, b.Asked.Task).WaitAsync(PathKit.Patience);
        Assert.All(a.Requests.Concat(b.Requests), r => Assert.EndsWith("\r\n\r\n0123456789", r));
        b.Answer.SetResult(HeldOrigin.Say("201 Created", "b"));
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 201 ", head);
        Assert.Equal("b", body);
        await a.Left.Task.WaitAsync(PathKit.Patience);
    }

    /// <summary>With one request in flight the budget bears one hedge, however many are configured.</summary>
    [Fact]
    public async Task Hedges_BeyondTheBudget_AreNotSent()
    {
        HeldOrigin[] origins = [new(), new(), new(), new()];
        using OriginsKit kit = Start(origins.Select(o => o.Port), attempts: 3, budgetPercent: 0);
        using RawClient client = await kit.ConnectAsync();
        await client.GetAsync("/");
        await kit.UntilAsync(() => kit.Count(LoopCounter.Hedges) == 1, "no hedge was sent");
        await kit.PassAsync(WellAfter);
        Assert.Equal(1ul, kit.Count(LoopCounter.Hedges));
        Array.ForEach(origins, o => o.Answer.SetResult(HeldOrigin.Say("200 OK", "x")));
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadAnswerAsync()).Head);
        await kit.UntilAsync(() => kit.Count(LoopCounter.TriesLetGo) + kit.Count(LoopCounter.HedgesWon) > 0, "the other try was not let go");
        Array.ForEach(origins, o => o.Dispose());
    }

    /// <summary>Where connections are limited a hedge needs a place of its own, and every place goes back.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public async Task Hedge_ConnectionsLimited_IsSentOnlyIntoAFreePlace(uint connections, int hedges)
    {
        using HeldOrigin a = new(), b = new();
        using OriginsKit kit = Start([a.Port, b.Port], configure: c => c.Clusters[0].Limits = new ConnectionLimits { Connections = connections });
        using RawClient client = await kit.ConnectAsync();
        await client.GetAsync("/");
        await Task.WhenAny(a.Asked.Task, b.Asked.Task).WaitAsync(PathKit.Patience);
        await kit.PassAsync(WellAfter);
        Assert.Equal((ulong)hedges, kit.Count(LoopCounter.Hedges));
        a.Answer.SetResult(HeldOrigin.Say("200 OK", "a"));
        b.Answer.SetResult(HeldOrigin.Say("200 OK", "b"));
        for (int i = 0; i < 4; i++)
        {
            Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadAnswerAsync()).Head);
            await client.GetAsync("/");
        }

        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadAnswerAsync()).Head);
    }

    [Fact]
    public async Task Hedge_WithNobodyElse_IsNotSent()
    {
        using var only = new HeldOrigin();
        using OriginsKit kit = Start([only.Port]);
        using RawClient client = await kit.ConnectAsync();
        await client.GetAsync("/");
        await only.Asked.Task.WaitAsync(PathKit.Patience);
        await kit.PassAsync(WellAfter);
        Assert.Single(only.Requests);
        only.Answer.SetResult(HeldOrigin.Say("200 OK", "x"));
        Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadAnswerAsync()).Head);
    }

    /// <summary>An error is not taken while somebody may do better.</summary>
    [Theory]
    [InlineData("503 Service Unavailable", "200 OK", "HTTP/1.1 200 ")]
    [InlineData("500 Internal Server Error", "404 Not Found", "HTTP/1.1 404 ")]
    [InlineData("500 Internal Server Error", "500 Internal Server Error", "HTTP/1.1 500 ")]
    [InlineData("500 Internal Server Error", "", "HTTP/1.1 500 ")]
    [InlineData("", "200 OK", "HTTP/1.1 200 ")]
    [InlineData("", "", "HTTP/1.1 503 ")]
    public async Task Answers_OneAfterTheOther_TheBestIsTaken(string first, string second, string expected)
    {
        using HeldOrigin a = new(), b = new();
        using OriginsKit kit = Start([a.Port, b.Port]);
        using RawClient client = await kit.ConnectAsync();
        await client.GetAsync("/");
        await Task.WhenAll(a.Asked.Task, b.Asked.Task).WaitAsync(PathKit.Patience);
        a.Answer.SetResult(first.Length > 0 ? HeldOrigin.Say(first, "a") : "");
        await kit.PassAsync(After); // the first one's word is there
        b.Answer.SetResult(second.Length > 0 ? HeldOrigin.Say(second, "b") : "");
        Assert.StartsWith(expected, (await client.ReadAnswerAsync()).Head);
        JsonElement line = Assert.Single(await kit.LogAsync(1));
        Assert.Equal(2, line.GetProperty("attempts").GetInt32());
        Assert.Equal(first.Length + second.Length == 0, line.TryGetProperty("fault", out _));
    }

    [Fact]
    public async Task Client_LeavesDuringARace_BothOriginsLearn()
    {
        using HeldOrigin a = new(), b = new();
        using OriginsKit kit = Start([a.Port, b.Port]);
        using (RawClient client = await kit.ConnectAsync())
        {
            await client.GetAsync("/");
            await Task.WhenAll(a.Asked.Task, b.Asked.Task).WaitAsync(PathKit.Patience);
        }

        await Task.WhenAll(a.Left.Task, b.Left.Task).WaitAsync(PathKit.Patience);
        JsonElement line = Assert.Single(await kit.LogAsync(1));
        Assert.Equal("client-closed", line.GetProperty("fault").GetString());
        Assert.Equal(2ul, kit.Count(LoopCounter.TriesLetGo));
    }

    /// <summary>The route's time holds for all tries together.</summary>
    [Fact]
    public async Task Timeout_DuringARace_EndsItFor504()
    {
        using HeldOrigin a = new(), b = new();
        using OriginsKit kit = Start([a.Port, b.Port], configure: c => c.RouteSets[0].VirtualHosts[0].Routes[0].Forward.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(400)));
        using RawClient client = await kit.ConnectAsync();
        await client.GetAsync("/");
        Assert.StartsWith("HTTP/1.1 504 ", (await client.ReadAnswerAsync()).Head);
        await Task.WhenAll(a.Left.Task, b.Left.Task).WaitAsync(PathKit.Patience);
    }

    private static OriginsKit Start(IEnumerable<int> ports, uint attempts = 1, double budgetPercent = 100, Action<StaticConfig>? configure = null) => new(ports, config =>
    {
        config.Clusters[0].Hedging = new Hedging { After = Duration.FromTimeSpan(After), Attempts = attempts, BudgetPercent = budgetPercent };
        configure?.Invoke(config);
    });
}
