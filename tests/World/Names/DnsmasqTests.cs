using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Weft.Proxy.Dns;

namespace Weft.World.Names;

/// <summary>Our DNS client against Debian's dnsmasq: what our own server says a name server does is held against one that others wrote.</summary>
public sealed class DnsmasqTests : IAsyncLifetime
{
    private const int ManyAddresses = 200;

    private static readonly string? s_program = new[] { "/usr/sbin/dnsmasq", "/usr/bin/dnsmasq" }.FirstOrDefault(File.Exists);

    private readonly int _port = FreePort();
    private Process? _dnsmasq;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(s_program is null, "dnsmasq is not there: install Debian's dnsmasq-base");
        string[] records =
        [
            "--host-record=both.test,192.0.2.1,2001:db8::1,60", "--cname=www.test,both.test,30", "--host-record=four.test,192.0.2.4,60",
            .. Enumerable.Range(1, ManyAddresses).Select(i => $"--host-record=many.test,192.0.2.{i},60"),
        ];

        // -d: in the foreground, as this user, without files of its own.
        _dnsmasq = Process.Start(new ProcessStartInfo(s_program!, ["-d", "--conf-file=/dev/null", $"--port={_port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts", "--local=/test/", .. records])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        });
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Accepts())
        {
            Assert.False(_dnsmasq!.HasExited, $"dnsmasq ended at once with {(_dnsmasq.HasExited ? _dnsmasq.ExitCode : 0)}");
            await pause.WaitForNextTickAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_dnsmasq is not null)
        {
            _dnsmasq.Kill();
            _dnsmasq.WaitForExit();
            _dnsmasq.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("both.test", "192.0.2.1 2001:db8::1")]
    [InlineData("WWW.test", "192.0.2.1 2001:db8::1")]
    [InlineData("four.test", "192.0.2.4")]
    [InlineData("four", "192.0.2.4")]
    [InlineData("gone.test", nameof(NameStatus.NoName))]
    public async Task Name_OfARealServer_IsResolved(string name, string expected)
    {
        using var kit = new NameKit(_port, "nameserver 127.0.0.1\nsearch test");
        Assert.Equal(expected, await kit.TextAsync(name));
    }

    [Fact]
    public async Task Answer_ThatDoesNotFit_IsAskedForOverTcp()
    {
        using var kit = new NameKit(_port);
        Assert.Equal(ManyAddresses, (await kit.ResolveAsync("many.test")).Addresses.Length);
    }

    [Fact]
    public async Task Alias_IsValidAsLongAsItsShortestLink()
    {
        using var kit = new NameKit(_port, hasIpv6: false);
        NameAnswer answer = await kit.ResolveAsync("www.test");
        Assert.InRange(answer.ValidUntilMs - kit.Loop.NowMs, 1, 30_000);
    }

    private bool Accepts()
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Connect(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
