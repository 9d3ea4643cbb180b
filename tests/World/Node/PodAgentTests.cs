using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Proxy.Pod;
using Weft.Transport.Processes;

namespace Weft.World.Node;

/// <summary>The agent in real namespaces: what a pod's program sees, and what is left when a part dies.</summary>
public sealed class PodAgentTests
{
    private const string Server = """
        import socket
        l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); l.bind(('0.0.0.0', 9080)); l.listen()
        while True:
            c, _ = l.accept(); c.sendall(b'NAME'); c.close()
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Outbound_AnyAddressAndPort_ArrivesWithItsDestination(bool rootless)
    {
        await using PodKit pod = PodKit.Start("240.241.0.11", "import socket; c = socket.create_connection(('192.0.2.7', 4567)); c.sendall(c.getsockname()[0].encode()); c.recv(1)", rootless);
        await pod.EventAsync("app-started");
        (PodChannel channel, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            (Socket connection, string dialled) = await PodKit.AcceptAsync(listeners.OutboundTcp4);
            Assert.Equal("192.0.2.7:4567", dialled);
            Assert.Equal("240.241.0.11", await PodKit.ReadAsync(connection));
        }
    }

    [Fact]
    public async Task Outbound_Ipv6_IsRedirectedToo()
    {
        await using PodKit pod = PodKit.Start("240.241.0.12", "import socket; c = socket.create_connection(('2001:db8::7', 4567)); c.sendall(b'six'); c.recv(1)");
        (PodChannel channel, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            Assert.SkipWhen(listeners.OutboundTcp6 < 0, "needs IPv6 in the kernel");
            using var listener = new Socket(new SafeSocketHandle(listeners.OutboundTcp6, ownsHandle: false));
            Socket connection = await listener.AcceptAsync().WaitAsync(PodKit.Limit);
            Assert.Equal("six", await PodKit.ReadAsync(connection));
        }
    }

    [Fact]
    public async Task TwoPods_OnOnePort_AreReachedEachByItsOwnSockets()
    {
        await using PodKit first = PodKit.Start("240.241.0.13", Server.Replace("NAME", "first", StringComparison.Ordinal));
        await using PodKit second = PodKit.Start("240.241.0.14", Server.Replace("NAME", "second", StringComparison.Ordinal));
        foreach ((PodKit pod, string name) in ((PodKit, string)[])[(first, "first"), (second, "second")])
        {
            await pod.EventAsync("app-started");
            (PodChannel channel, _) = PodChannel.Open(pod.NewProxyEnd());
            using (channel) { Assert.Equal(name, await ReadWhenListeningAsync(channel)); }
        }
    }

    [Fact]
    public async Task Channel_NewProxy_GetsTheSameListenersAgain()
    {
        await using PodKit pod = PodKit.Start("240.241.0.15", "import socket, sys\nfor n in (b'1', b'2'):\n    c = socket.create_connection(('192.0.2.7', 80)); c.sendall(n); c.recv(1)");
        (PodChannel dying, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        (Socket first, _) = await PodKit.AcceptAsync(listeners.OutboundTcp4);
        Assert.Equal("1", await PodKit.ReadAsync(first));
        dying.Dispose();
        (PodChannel next, PodListeners again) = PodChannel.Open(pod.NewProxyEnd()); // the supervisor's end, which outlives a proxy
        using (next)
        {
            first.Dispose();
            (Socket second, _) = await PodKit.AcceptAsync(again.OutboundTcp4);
            Assert.Equal("2", await PodKit.ReadAsync(second));
        }
    }

    [Fact]
    public async Task Channel_TwoProxiesOfARestart_EachGetTheirOwnSockets()
    {
        await using PodKit pod = PodKit.Start("240.241.0.24", Server);
        await pod.EventAsync("app-started");
        (PodChannel old, _) = PodChannel.Open(pod.NewProxyEnd());
        using (old)
        {
            await ReadWhenListeningAsync(old);
            (PodChannel next, _) = PodChannel.Open(pod.NewProxyEnd());
            using (next)
            {
                foreach (PodChannel channel in (PodChannel[])[old, next])
                {
                    Socket[] all = await Task.WhenAll(Enumerable.Range(0, PodChannel.StockSize * 2).Select(_ => PodKit.DialAsync(channel, 9080)));
                    Assert.All(all, s => Assert.True(s.Connected));
                    foreach (Socket socket in all) { socket.Dispose(); }
                }
            }
        }
    }

    [Fact]
    public async Task Channel_BurstBeyondTheStock_IsServedInTime()
    {
        await using PodKit pod = PodKit.Start("240.241.0.16", Server);
        await pod.EventAsync("app-started");
        (PodChannel channel, _) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            await ReadWhenListeningAsync(channel);
            Socket[] all = await Task.WhenAll(Enumerable.Range(0, PodChannel.StockSize * 3).Select(_ => PodKit.DialAsync(channel, 9080)));
            Assert.All(all, s => Assert.True(s.Connected));
            foreach (Socket socket in all) { socket.Dispose(); }
        }
    }

    [Fact]
    public async Task Udp_NotCarried_IsRefusedAtOnceAndNoticed()
    {
        await using PodKit pod = PodKit.Start("240.241.0.17", """
            import socket, time
            u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try: u.sendto(b'x', ('198.51.100.1', 5353))
            except OSError: pass
            time.sleep(60)
            """);
        JsonObject notice = await pod.EventAsync("notice");
        Assert.Contains("UDP to 198.51.100.1:5353 was refused", (string?)notice["text"]);
    }

    [Fact]
    public async Task HostPort_OnThePodsLoopback_ReachesTheProxyAndOthersDoNot()
    {
        await using PodKit pod = PodKit.Start("240.241.0.18", """
            import socket
            try: socket.create_connection(('127.0.0.1', 6379), 2); other = b'open'
            except OSError: other = b'refused'
            c = socket.create_connection(('127.0.0.1', 5432)); c.sendall(other); c.recv(1)
            """, false, "--host-ports", "5432");
        (PodChannel channel, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            (Socket connection, string dialled) = await PodKit.AcceptAsync(listeners.OutboundTcp4);
            Assert.Equal("127.0.0.1:5432", dialled);
            Assert.Equal("refused", await PodKit.ReadAsync(connection));
        }
    }

    [Fact]
    public async Task Resolver_InThePod_IsThePodsOwn()
    {
        await using PodKit pod = PodKit.Start("240.241.0.19", """
            import socket
            try: socket.gethostbyname('reviews')
            except OSError: pass
            """, false, "--namespace", "shop");
        (PodChannel channel, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            using var dns = new Socket(new SafeSocketHandle(listeners.DnsUdp, ownsHandle: false));
            byte[] query = new byte[512];
            int n = await dns.ReceiveAsync(query).WaitAsync(PodKit.Limit);
            Assert.Contains("reviews\u0004shop\u0003svc\u0007cluster\u0005local", Encoding.Latin1.GetString(query, 0, n));
        }
    }

    [Fact]
    public async Task Application_OwnUser_IsThatUserAndMayBindLowPorts()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to change users");
        await using PodKit pod = PodKit.Start("240.241.0.20", """
            import os, socket
            l = socket.socket(); l.bind(('0.0.0.0', 80))
            c = socket.create_connection(('192.0.2.7', 80)); c.sendall(str(os.getuid()).encode()); c.recv(1)
            """, false, "--uid", "1900000020");
        (PodChannel channel, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            (Socket connection, _) = await PodKit.AcceptAsync(listeners.OutboundTcp4);
            Assert.Equal("1900000020", await PodKit.ReadAsync(connection));
        }
    }

    [Fact]
    public async Task Application_Ends_IsToldAndCanBeStartedAgain()
    {
        await using PodKit pod = PodKit.Start("240.241.0.21", "import sys; sys.exit(7)");
        JsonObject ended = await pod.EventAsync("app-exited");
        Assert.Equal(7, (int?)ended["code"]);
        await pod.SendAsync("start");
        Assert.Equal(7, (int?)(await pod.EventAsync("app-exited"))["code"]);
    }

    [Fact]
    public async Task Application_Signalled_GetsTheSignal()
    {
        await using PodKit pod = PodKit.Start("240.241.0.22", """
            import signal, socket, sys, time
            signal.signal(signal.SIGUSR1, lambda *_: sys.exit(9))
            socket.create_connection(('192.0.2.7', 80))
            time.sleep(60)
            """);
        (PodChannel channel, PodListeners listeners) = PodChannel.Open(pod.NewProxyEnd());
        using (channel)
        {
            await PodKit.AcceptAsync(listeners.OutboundTcp4); // by now its handler is set
            await pod.SendAsync("signal", (int)Signal.User1);
            Assert.Equal(9, (int?)(await pod.EventAsync("app-exited"))["code"]);
        }
    }

    [Theory]
    [InlineData("supervisor")]
    [InlineData("unshare")]
    [InlineData("agent")]
    public async Task AnyPart_Killed_LeavesNoProcessBehind(string victim)
    {
        string mark = $"weft-test-{victim}-{Environment.ProcessId}";
        await using PodKit pod = PodKit.Start("240.241.0.23", $"import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(300) # {mark}");
        JsonObject _ = await pod.EventAsync("app-started");
        int agent = Children(pod.Process.Pid).Single();
        switch (victim)
        {
            case "supervisor": pod.CloseSupervisor(); break;
            case "unshare": Reaper.Send(pod.Process.Pid, (int)Signal.Kill); break;
            case "agent": Reaper.Send(agent, (int)Signal.Kill); break;
        }

        await pod.Process.Exited.WaitAsync(PodKit.Limit);
        await GoneAsync(mark);
    }

    private static async Task<string> ReadWhenListeningAsync(PodChannel channel)
    {
        using var limit = new CancellationTokenSource(PodKit.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using Socket socket = await PodKit.DialAsync(channel, 9080);
                return await PodKit.ReadAsync(socket);
            }
            catch (SocketException)
            {
                await timer.WaitForNextTickAsync(limit.Token); // Python is still starting
            }
        }
    }

    // The kernel ends a pid namespace at once, but as its own work, after the exit that we saw.
    private static async Task GoneAsync(string mark)
    {
        using var limit = new CancellationTokenSource(PodKit.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (CommandLines().Any(l => l.Contains(mark, StringComparison.Ordinal))) { await timer.WaitForNextTickAsync(limit.Token); }
    }

    private static IEnumerable<string> CommandLines()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
        {
            string line = "";
            try { line = File.ReadAllText(Path.Combine(process, "cmdline")); }
            catch (IOException) { /* ended meanwhile */ }
            yield return line;
        }
    }

    private static int[] Children(int pid) =>
        [.. File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
