using Weft.Proxy.Dns;
using Weft.Transport;

namespace Weft.World.Names;

/// <summary>A loop, a name client on it, and the host's files that it reads: servers of one port.</summary>
internal sealed class NameKit : IDisposable
{
    /// <summary>For everything that is awaited: far above what it takes, so that it says "never".</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("weft-names-").FullName;

    /// <param name="clockSpeed">Milliseconds of the loop's clock in one.</param>
    public NameKit(int port, string resolver = "nameserver 127.0.0.1", string hosts = "", bool hasIpv6 = true, int clockSpeed = 1)
    {
        Loop = EventLoop.Start("names", new LoopLimits { ClockSpeed = clockSpeed });
        File.WriteAllText(Path("resolv.conf"), resolver);
        File.WriteAllText(Path("hosts"), hosts);
        File.WriteAllText(Path("if_inet6"), hasIpv6 ? "20010db8000000000000000000000001 02 40 00 80 eth0\n" : "00000000000000000000000000000001 01 80 10 80 lo\n");
        Client = new NameClient(Loop, new ResolverFiles(Path("resolv.conf"), Path("hosts"), Path("if_inet6")), new DnsAsker(Loop, port));
    }

    public EventLoop Loop { get; }

    public NameClient Client { get; }

    public Task<NameAnswer> ResolveAsync(string host) => Loop.InvokeAsync(() => Client.ResolveAsync(host)).WaitAsync(Patience);

    /// <summary>What a name resolves to, or the status if to nothing.</summary>
    public async Task<string> TextAsync(string host)
    {
        NameAnswer answer = await ResolveAsync(host);
        return answer.IsFound ? string.Join(' ', answer.Addresses) : answer.Status.ToString();
    }

    /// <summary>Goes on when the loop sees it so.</summary>
    public Task UntilAsync(Func<bool> condition) => Loop.InvokeAsync(() => LookAsync(condition)).WaitAsync(Patience);

    public void Dispose()
    {
        Loop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async LoopTask<bool> LookAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Loop.DelayAsync(5);
        }

        return true;
    }

    private string Path(string file) => System.IO.Path.Combine(_directory, file);
}
