using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;
using Weft.Node.Processes;
using Weft.Proxy.Pod;
using Weft.Transport.Processes;

namespace Weft.World.Node;

/// <summary>One pod with its real agent in real namespaces; the test is supervisor and proxy. Skips where namespaces are refused.</summary>
internal sealed class PodKit : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly Lazy<string> Refusal = new(TryNamespaces);
    private readonly Channel<JsonObject> _events = Channel.CreateUnbounded<JsonObject>();
    private readonly SafeFileHandle _proxyEnd;
    private readonly SupervisedLine _line;
    private readonly string _files;

    private PodKit(ChildProcess process, SupervisedLine line, SafeFileHandle proxyEnd, string files)
    {
        Process = process;
        _line = line;
        _proxyEnd = proxyEnd;
        _files = files;
        _ = line.ReadAsync((_, json) => _events.Writer.TryWrite(json), CancellationToken.None);
    }

    public ChildProcess Process { get; }

    /// <summary>The proxy's end of the channel, as the supervisor passes it to each new proxy. The taker closes it.</summary>
    public int NewProxyEnd() => DuplicateOf((int)_proxyEnd.DangerousGetHandle());

    public string Files => _files;

    public static PodKit Start(string address, string python, bool rootless = false, params string[] agentOptions)
    {
        Assert.SkipWhen(Refusal.Value.Length > 0, Refusal.Value);
        Assert.SkipWhen(rootless && Environment.IsPrivilegedProcess && !File.Exists("/usr/sbin/runuser"), "needs runuser (apt-get install util-linux)");
        string files = Directory.CreateTempSubdirectory("weft-pod-").FullName;
        File.SetUnixFileMode(files, (UnixFileMode)0b111_111_111);
        var (ours, theirs) = Descriptor.StreamPair();
        var (proxyEnd, agentEnd) = Descriptor.MessagePair();
        using (theirs)
        using (agentEnd)
        {
            string[] user = rootless || !Environment.IsPrivilegedProcess ? ["-U", "-r"] : [];
            string[] unshare =
            [
                "unshare", .. user, "-n", "-m", "-p", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--", Proxy, "pod",
                "--supervisor-fd", "3", "--channel-fd", "4", "--address", address, "--files", files, .. agentOptions, "--", "/usr/bin/python3", "-u", "-c", python,
            ];
            string[] command = rootless && Environment.IsPrivilegedProcess ? ["runuser", "-u", "nobody", "--", .. unshare] : unshare;
            ChildProcess child = ChildProcess.Start(new SpawnRequest(command[0], command[1..])
            {
                Descriptors = [(int)theirs.DangerousGetHandle(), (int)agentEnd.DangerousGetHandle()],
                WorkingDirectory = "/",
                Group = SpawnGroup.Session,
            });
            return new PodKit(child, new SupervisedLine(ours), proxyEnd, files);
        }
    }

    /// <summary>The next event of that name; other events before it are dropped.</summary>
    public async Task<JsonObject> EventAsync(string name)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            JsonObject json = await _events.Reader.ReadAsync(limit.Token);
            if ((string?)json["event"] == "failed") { Assert.Fail($"The pod was not made: {json}"); }
            if ((string?)json["event"] == name) { return json; }
        }
    }

    public Task SendAsync(string command, int number = 0) => _line.SendAsync(command, number);

    /// <summary>What happens when the supervisor dies in whatever way: its end of the socket closes.</summary>
    public void CloseSupervisor() => _line.Dispose();

    public async ValueTask DisposeAsync()
    {
        _line.Dispose();
        await Process.EndAsync(TimeSpan.FromSeconds(5));
        _proxyEnd.Dispose();
        Directory.Delete(_files, recursive: true);
    }

    /// <summary>The address that the pod's program dialled, and the accepted connection.</summary>
    public static async Task<(Socket Connection, string Dialled)> AcceptAsync(int listener)
    {
        var socket = new Socket(new SafeSocketHandle(listener, ownsHandle: false));
        using var limit = new CancellationTokenSource(Limit);
        Socket connection = await socket.AcceptAsync(limit.Token);
        const int SoOriginalDst = 80;
        byte[] raw = new byte[16];
        connection.GetRawSocketOption(0, SoOriginalDst, raw);
        return (connection, $"{raw[4]}.{raw[5]}.{raw[6]}.{raw[7]}:{(raw[2] << 8) + raw[3]}");
    }

    public static async Task<string> ReadAsync(Socket connection)
    {
        using var limit = new CancellationTokenSource(Limit);
        byte[] buffer = new byte[256];
        int n = await connection.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, n);
    }

    /// <summary>A socket made inside the pod, connected to the program there.</summary>
    public static async Task<Socket> DialAsync(PodChannel channel, int port)
    {
        int fd;
        while (!channel.TryTake(out fd))
        {
            var refilled = new TaskCompletionSource();
            channel.WhenRefilled(() => refilled.TrySetResult());
            await refilled.Task.WaitAsync(Limit);
        }

        var socket = new Socket(new SafeSocketHandle(fd, ownsHandle: true));
        using var limit = new CancellationTokenSource(Limit);
        await socket.ConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port), limit.Token);
        return socket;
    }

    private static int DuplicateOf(int fd)
    {
        // Opening /proc/self/fd does not work for sockets; passing it through a socket pair gives a second descriptor.
        var (ours, theirs) = Descriptor.MessagePair();
        using (ours)
        using (theirs)
        {
            DescriptorMessages.Send((int)ours.DangerousGetHandle(), "x"u8, [fd]);
            int[] received = new int[1];
            DescriptorMessages.Receive((int)theirs.DangerousGetHandle(), new byte[8], received, out _);
            return received[0];
        }
    }

    private static string Proxy { get; } = FindProxy();

    private static string FindProxy([CallerFilePath] string here = "")
    {
        for (string? folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (!File.Exists(Path.Combine(folder, "Weft.slnx"))) { continue; }
            string[] places =
            [
                Path.Combine(folder, "artifacts/bin/weft-proxy"),
                Path.Combine(folder, "artifacts/build/bin/weft-proxy/debug_linux-x64/weft-proxy"),
            ];
            return places.Where(File.Exists).OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault() ?? "";
        }

        return "";
    }

    private static string TryNamespaces()
    {
        if (Proxy.Length == 0) { return "needs weft-proxy in artifacts/bin (eng/build)"; }
        string[] user = Environment.IsPrivilegedProcess ? [] : ["-U", "-r"];
        try
        {
            ChildProcess child = ChildProcess.Start(new SpawnRequest("unshare", [.. user, "-n", "-m", "-p", "--fork", "--mount-proc", "--", "nft", "add table inet t"]));
            return child.Exited.GetAwaiter().GetResult() == default ? "" : "needs namespaces and nftables; `weft check` says which step is refused";
        }
        catch (SystemCallException e)
        {
            return $"needs unshare and nft: {e.Message}";
        }
    }
}
