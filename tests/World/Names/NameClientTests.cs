using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Dns;

namespace Weft.World.Names;

/// <summary>Our DNS client against a server that is told how to behave.</summary>
public sealed class NameClientTests : IAsyncDisposable
{
    private readonly DnsServer _server = DnsServer.Start();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Name_WithBothFamilies_IsAskedForBothAndComesIpv4First()
    {
        _server.Set("both.test", 60, "2001:db8::7", "192.0.2.1", "192.0.2.2");
        using var kit = new NameKit(_server.Port);

        Assert.Equal("192.0.2.1 192.0.2.2 2001:db8::7", await kit.TextAsync("both.test"));
        Assert.Equal([DnsServer.A, DnsServer.Aaaa], _server.Questions.Select(q => q.Type).Order());
        Assert.All(_server.Questions, q => Assert.True(q.HasOptions));
    }

    [Fact]
    public async Task Name_OnAHostWithoutIpv6_IsAskedForIpv6OnlyWhereThereIsNothingElse()
    {
        _server.Set("both.test", 60, "2001:db8::7", "192.0.2.1");
        _server.Set("six.test", 60, "2001:db8::8");
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("both.test"));
        Assert.Single(_server.Questions);
        Assert.Equal("2001:db8::8", await kit.TextAsync("six.test"));
    }

    [Fact]
    public async Task Alias_InTheAnswer_IsFollowedToItsAddresses()
    {
        _server.Set("real.test", 60, "192.0.2.9");
        _server.SetAlias("middle.test", 30, "real.test");
        _server.SetAlias("www.test", 60, "middle.test");
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        NameAnswer answer = await kit.ResolveAsync("WWW.Test");

        Assert.Equal("192.0.2.9", Assert.Single(answer.Addresses).ToString());
        Assert.InRange(answer.ValidUntilMs - kit.Loop.NowMs, 1, 30_000); // the shortest of the chain
    }

    [Fact]
    public async Task Answer_WithinItsTtl_IsNotAskedForAgain()
    {
        _server.Set("a.test", 3600, "192.0.2.1");
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        await kit.ResolveAsync("a.test");
        await kit.ResolveAsync("A.test.");

        Assert.Single(_server.Questions);
    }

    [Fact]
    public async Task Answer_AfterItsTtl_IsAskedForAgain()
    {
        _server.Set("a.test", 2, "192.0.2.1");
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.1\noptions timeout:30", hasIpv6: false, clockSpeed: 20);
        NameAnswer first = await kit.ResolveAsync("a.test");
        _server.Set("a.test", 2, "192.0.2.2");

        await kit.UntilAsync(() => kit.Loop.NowMs > first.ValidUntilMs);

        Assert.Equal("192.0.2.2", await kit.TextAsync("a.test"));
    }

    [Fact]
    public async Task Question_AskedTwiceAtOnce_IsSentOnce()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        NameAnswer[] both = await Task.WhenAll(kit.ResolveAsync("a.test"), kit.ResolveAsync("a.test"));

        Assert.All(both, b => Assert.True(b.IsFound));
        Assert.Single(_server.Questions);
    }

    [Fact]
    public async Task NoSuchName_IsRememberedAsItsZoneSays()
    {
        _server.Remove("gone.test", negativeTtl: 7);
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        NameAnswer answer = await kit.ResolveAsync("gone.test");
        await kit.ResolveAsync("gone.test");

        Assert.Equal(NameStatus.NoName, answer.Status);
        Assert.InRange(answer.ValidUntilMs - kit.Loop.NowMs, 1, 7_000);
        Assert.Single(_server.Questions);
    }

    [Fact]
    public async Task Answer_ThatDoesNotFit_IsAskedForOverTcp()
    {
        _server.Set("many.test", 60, [.. Enumerable.Range(1, 200).Select(i => $"192.0.2.{i}")]);
        _server.Misdeed = q => [q.OverTcp ? _server.Answer(q) : DnsServer.Reply(q, 0, [], [], truncated: true)];
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal(200, (await kit.ResolveAsync("many.test")).Addresses.Length);
        Assert.Equal([false, true], _server.Questions.Select(q => q.OverTcp));
    }

    [Fact]
    public async Task Answer_WithAnotherId_IsNotTaken()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        _server.Misdeed = q => [Forged(q, q.Id ^ 1), _server.Answer(q)];
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test"));
    }

    [Fact]
    public async Task Answer_ToAnotherQuestion_IsNotTaken()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        _server.Misdeed = q => [Forged(q with { Name = "b.test" }, q.Id), Forged(q with { Type = DnsServer.Aaaa }, q.Id), _server.Answer(q)];
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test"));
    }

    [Fact]
    public async Task Answer_FromAnotherSource_IsNotTaken()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _server.Misdeed = q =>
        {
            stranger.SendTo(Forged(q, q.Id), q.From);
            return [_server.Answer(q)];
        };
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test"));
    }

    [Fact]
    public async Task Answers_OfManyGuesses_MakeItAskOverTcp()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        _server.Misdeed = q => q.OverTcp ? [_server.Answer(q)] : Enumerable.Range(1, NameLimits.StrangersMax).Select(i => Forged(q, q.Id + i));
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test"));
        Assert.Contains(_server.Questions, q => q.OverTcp);
    }

    [Fact]
    public async Task Questions_HaveIdsAndPortsThatNobodyCanTellInAdvance()
    {
        using var kit = new NameKit(_server.Port, hasIpv6: false);
        foreach (int i in Enumerable.Range(0, 20))
        {
            await kit.ResolveAsync($"n{i}.test");
        }

        Assert.InRange(_server.Questions.Select(q => q.Id).Distinct().Count(), 15, 20);
        Assert.InRange(_server.Questions.Select(q => ((IPEndPoint)q.From).Port).Distinct().Count(), 10, 20);
    }

    [Fact]
    public async Task Server_ThatDoesNotKnowOptions_IsAskedWithoutThem()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        _server.Misdeed = q => [q.HasOptions ? DnsServer.Reply(q, 1, [], []) : _server.Answer(q)];
        using var kit = new NameKit(_server.Port, hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test"));
    }

    [Theory]
    [InlineData(2)] // SERVFAIL
    [InlineData(5)] // REFUSED
    public async Task Server_ThatFails_IsUnknownAndNotRemembered(int code)
    {
        _server.Misdeed = q => [DnsServer.Reply(q, code, [], [])];
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.1\noptions attempts:1", hasIpv6: false);
        Assert.Equal("Unknown", await kit.TextAsync("a.test"));

        _server.Set("a.test", 60, "192.0.2.1");
        _server.Misdeed = null;
        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test"));
    }

    [Fact]
    public async Task FirstServer_Down_SecondIsAsked()
    {
        _server.Set("a.test", 60, "192.0.2.1");
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.9\nnameserver 127.0.0.1\noptions timeout:30 attempts:1", hasIpv6: false);

        Assert.Equal("192.0.2.1", await kit.TextAsync("a.test")); // at once: nobody listens at the first, and the kernel says so
    }

    [Fact]
    public async Task Server_ThatIsSilent_IsGivenUpAfterItsTime()
    {
        _server.Misdeed = _ => [];
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.1\noptions timeout:1 attempts:2", hasIpv6: false, clockSpeed: 10);

        Assert.Equal("Unknown", await kit.TextAsync("a.test"));
        Assert.Equal(2, _server.Questions.Count);
    }

    [Theory]
    [InlineData("db", "db.apps.test")]                          // too few dots: under the domains first
    [InlineData("api.v1", "api.v1 api.v1.apps.test")]           // enough: as it stands first
    [InlineData("db.", "db")]                                   // the dot at its end: as it stands only
    public async Task Name_IsSearchedForInTheOrderOfResolvConf(string host, string asked)
    {
        _server.Set("db.apps.test", 60, "192.0.2.1");
        _server.Set("api.v1.apps.test", 60, "192.0.2.1");
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.1\nsearch apps.test other.test\noptions ndots:1", hasIpv6: false);

        await kit.ResolveAsync(host);

        Assert.Equal(asked, string.Join(' ', _server.Questions.Select(q => q.Name)));
    }

    [Fact]
    public async Task Search_WhenServersFail_DoesNotTryTheNextDomain()
    {
        _server.Misdeed = q => [q.Name == "db.apps.test" ? DnsServer.Reply(q, 2, [], []) : _server.Answer(q)];
        _server.Set("db.other.test", 60, "192.0.2.66");
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.1\nsearch apps.test other.test\noptions attempts:1", hasIpv6: false);

        Assert.Equal("Unknown", await kit.TextAsync("db"));
    }

    [Fact]
    public async Task Name_InHosts_WinsWithoutAQuestion()
    {
        _server.Set("db.test", 60, "192.0.2.1");
        _server.Set("db.apps.test", 60, "192.0.2.2");
        using var kit = new NameKit(_server.Port, "nameserver 127.0.0.1\nsearch apps.test", hosts: "10.0.0.1 DB.test db # ours\n10.0.0.2 db.test\n2001:db8::1 db.test\n");

        Assert.Equal("10.0.0.1 10.0.0.2 2001:db8::1", await kit.TextAsync("db.test"));
        Assert.Equal("10.0.0.1", await kit.TextAsync("db")); // not db.apps.test
        Assert.Equal("127.0.0.1 ::1", await kit.TextAsync("a.localhost"));
        Assert.Equal("2001:db8::9", await kit.TextAsync("[2001:db8::9]"));
        Assert.Empty(_server.Questions);
    }

    private static byte[] Forged(Asked question, int id) =>
        DnsServer.Reply(question, 0, [DnsServer.Record(question.Name, 60, IPAddress.Parse(question.Type == DnsServer.A ? "203.0.113.66" : "2001:db8::66"))], [], id: id & 0xffff);
}
