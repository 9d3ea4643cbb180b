using Weft.Model.V1;

namespace Weft.World.DataPath;

public sealed class MeshPathTests
{
    [Fact]
    public async Task Request_ThroughTwoProxies_CarriesIdentityAndKeepsTheConnection()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        for (int i = 0; i < 3; i++)
        {
            await client.GetAsync("/a?b=c", "x-custom: kept\r\nConnection: keep-alive\r\n");
            (string head, string body) = await client.ReadAnswerAsync();
            Assert.StartsWith("HTTP/1.1 200 OK", head);
            Assert.StartsWith("GET /a?b=c HTTP/1.1\r\nhost: api.default:9080\r\n", body);
            Assert.Contains("x-custom: kept", body);
            Assert.Contains("By=spiffe://weft.local/ns/default/sa/api;", body);
            Assert.Contains("URI=spiffe://weft.local/ns/default/sa/web", body);
            Assert.Contains("x-request-id: ", body);
            Assert.DoesNotContain("weft-source", body);
        }

        Assert.Equal(1, origin.Accepted);
    }

    [Fact]
    public async Task Requests_Pipelined_AreAnsweredInOrder()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.SendAsync(string.Concat(Enumerable.Range(0, 5).Select(i => $"GET /{i} HTTP/1.1\r\nHost: api.default:9080\r\n\r\n")));
        for (int i = 0; i < 5; i++)
        {
            Assert.StartsWith($"GET /{i} ", (await client.ReadAnswerAsync()).Body);
        }
    }

    [Fact]
    public async Task Body_LargeBothWays_ArrivesWhole()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        string body = new('x', 1_000_000);
        Task sending = client.SendAsync($"POST /p HTTP/1.1\r\nHost: api.default:9080\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        (_, string answer) = await client.ReadAnswerAsync();
        await sending;
        Assert.EndsWith(body, answer);
    }

    [Fact]
    public async Task Answer_ChunkedWithTrailers_KeepsContentAndTrailers()
    {
        const string Body = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx-trailer: t\r\n\r\n";
        const string Ending = "0\r\nx-trailer: t\r\n\r\n"; // where chunks are cut is the hop's own business (RFC 9112 §7.1)
        using var origin = new RawOrigin(async c =>
        {
            while (await c.ReadHeadAsync() is not null)
            {
                await c.SendAsync($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{Body}");
            }
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        for (int i = 0; i < 2; i++)
        {
            await client.GetAsync("/");
            Assert.Contains("transfer-encoding: chunked", await client.ReadHeadAsync());
            string body = await client.ReadUntilAsync(Ending);
            Assert.Equal("hello world", string.Concat(body.Split("\r\n").Where((_, line) => line % 2 == 1)).Replace("x-trailer: t", ""));
        }
    }

    [Fact]
    public async Task Answer_DelimitedByClose_ReachesTheClientWhole()
    {
        using var origin = new RawOrigin(async c =>
        {
            await c.ReadHeadAsync();
            await c.SendAsync("HTTP/1.0 200 OK\r\n\r\nall of it");
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.GetAsync("/");
        Assert.Contains("transfer-encoding: chunked", await client.ReadHeadAsync());
        Assert.Equal("9\r\nall of it\r\n0\r\n\r\n", await client.ReadUntilAsync("0\r\n\r\n"));
    }

    [Fact]
    public async Task Answer_TruncatedByReset_NeverEndsCleanly()
    {
        using var origin = new RawOrigin(async c =>
        {
            await c.ReadHeadAsync();
            await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            await c.ReadHeadAsync();
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.GetAsync("/");
        await client.ReadHeadAsync();
        Assert.Equal("half", await client.ReadAsync(4));
        kit.Server!.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(client.ReadToEndAsync);
    }

    [Fact]
    public async Task Expect_Continue_IsAnsweredBeforeTheBody()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: api.default:9080\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await client.ReadHeadAsync());
        await client.SendAsync("body");
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 200", head);
        Assert.EndsWith("body", body);
    }

    [Fact]
    public async Task Interim_EarlyHints_PassToTheClient()
    {
        using var origin = new RawOrigin(async c =>
        {
            await c.ReadHeadAsync();
            await c.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            await c.ReadHeadAsync();
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.GetAsync("/");
        Assert.StartsWith("HTTP/1.1 103 Early Hints", await client.ReadHeadAsync());
        Assert.Equal("ok", (await client.ReadAnswerAsync()).Body);
    }

    [Fact]
    public async Task Head_AnswerWithLength_HasNoBody()
    {
        using var origin = new RawOrigin(async c =>
        {
            while (await c.ReadHeadAsync() is not null)
            {
                await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
            }
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("HEAD / HTTP/1.1\r\nHost: api.default:9080\r\n\r\n");
            Assert.Contains("content-length: 500", await client.ReadHeadAsync());
        }
    }

    [Fact]
    public async Task Upgrade_WebSocket_BecomesATunnelWithHalfClose()
    {
        using var origin = new RawOrigin(async c =>
        {
            string head = await c.ReadHeadAsync() ?? string.Empty;
            Assert.Contains("upgrade: websocket", head);
            await c.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
            string said = await c.ReadToEndAsync();
            await c.SendAsync($"you said {said}");
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.GetAsync("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
        Assert.StartsWith("HTTP/1.1 101", await client.ReadHeadAsync());
        await client.SendAsync("hello");
        client.FinishSending();
        Assert.Equal("you said hello", await client.ReadToEndAsync());
    }

    public static TheoryData<string, string> BrokenRequests => new()
    {
        { "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400" },
        { "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400" },
        { "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", "400" },
        { "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505" },
        { "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501" },
    };

    [Theory]
    [MemberData(nameof(BrokenRequests))]
    public async Task Request_Broken_IsAnsweredAndClosed(string request, string status)
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        await client.SendAsync(request);
        string head = await client.ReadHeadAsync();
        Assert.StartsWith($"HTTP/1.1 {status}", head);
        Assert.Contains("connection: close", head);
        await client.ReadToEndAsync();
        Assert.Equal(0, origin.Accepted);
    }

    [Fact]
    public async Task Peer_OfAnotherAuthority_IsRefused()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, clientAuthority: new PathAuthority());
        await client.GetAsync("/");
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 503", head);
        Assert.StartsWith("upstream-handshake-failed", body);
        Assert.Equal(0, origin.Accepted);
    }

    [Theory]
    [InlineData(30, 1)]    // the application's own connection is all that stays
    [InlineData(3_600, 2)]
    public async Task Peer_CertificateAboutToEnd_IsLetGoAfterItsRequests(int secondsLeft, int connections)
    {
        using var origin = new RawOrigin(async c =>
        {
            while (await c.ReadHeadAsync() is not null)
            {
                await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var kit = new PathKit { Loops = 1, Authority = new PathAuthority { Lifetime = TimeSpan.FromSeconds(secondsLeft) } };
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        for (int i = 0; i < 3; i++)
        {
            await client.GetAsync("/");
            Assert.StartsWith("HTTP/1.1 200", (await client.ReadAnswerAsync()).Head, StringComparison.Ordinal);
            Assert.True(SpinWait.SpinUntil(() => kit.Server!.Path.Loops[0].Loop.ConnectionCount == connections, PathKit.Patience));
        }
    }

    [Fact]
    public async Task PlainText_ToStrictWorkload_IsRefused()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        kit.StartServer(origin);
        using RawClient client = await RawClient.ConnectAsync(kit.Server!.InboundAddress!);
        await client.GetAsync("/");
        await Assert.ThrowsAnyAsync<IOException>(client.ReadToEndAsync);
        Assert.Equal(0, origin.Accepted);
    }

    [Theory]
    [InlineData("weft.local/ns/default/sa/web", "200")]
    [InlineData("weft.local/ns/default/sa/other", "403")]
    public async Task Authorization_AllowList_DecidesByTheProvenIdentity(string principal, string status)
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        var policy = new AuthorizationPolicy { Rules = { new AuthorizationRule { From = { new AuthorizationSource { Principals = { new StringMatch { Exact = principal } } } } } } };
        using RawClient client = await kit.ConnectThroughMeshAsync(
            origin, w => w.Authorization.Add(new AuthorizationRules { Dialect = "istio", HasAllowList = true, Allow = { policy } }));
        await client.GetAsync("/");
        Assert.StartsWith($"HTTP/1.1 {status}", (await client.ReadAnswerAsync()).Head);
    }

    [Fact]
    public async Task Upstream_ClosedIdleConnection_IsRetriedUnseen()
    {
        int served = 0;
        using var origin = new RawOrigin(async c =>
        {
            // Each connection serves one request and dies at the second: the client must not notice.
            await c.ReadHeadAsync();
            served++;
            await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            await c.ReadHeadAsync();
        });
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin);
        for (int i = 0; i < 4; i++)
        {
            await client.GetAsync("/");
            Assert.Equal("ok", (await client.ReadAnswerAsync()).Body);
        }

        Assert.Equal(4, served);
    }

    [Fact]
    public async Task Fault_Abort_AnswersWithoutAskingTheUpstream()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, routes: r => r.VirtualHosts[0].Routes[0].Fault = new FaultInjection
        {
            Abort = new FaultInjection.Types.Abort { HttpStatus = 555, Percent = new Fraction { Ppm = 1_000_000 } },
        });
        await client.GetAsync("/");
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 555", head);
        Assert.Equal("fault filter abort", body);
        Assert.Equal(0, origin.Accepted);
    }

    [Fact]
    public async Task Timeout_Passed_Answers504()
    {
        using var origin = new RawOrigin(async c => await c.ReadToEndAsync());
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(
            origin, routes: r => r.VirtualHosts[0].Routes[0].Forward.Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)));
        await client.GetAsync("/");
        (string head, string body) = await client.ReadAnswerAsync();
        Assert.StartsWith("HTTP/1.1 504", head);
        Assert.StartsWith("request-timed-out", body);
    }
}
