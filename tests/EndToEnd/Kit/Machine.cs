using System.Diagnostics;

namespace Weft.EndToEnd.Kit;

/// <summary>
/// As good as a machine of its own: network and mount namespaces that end with the test. Default ports are free in it, its
/// /etc/hosts is the test's, tools can be taken away, and disks can be as small as wanted. Needs root.
/// </summary>
public sealed class Machine : IAsyncDisposable
{
    /// <summary>An address of the machine that is not loopback (RFC 5737: for documentation only).</summary>
    public const string Address = "203.0.113.10";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private readonly Process _holder;

    private Machine(Process holder, string home)
    {
        _holder = holder;
        Home = home;
    }

    /// <summary>WEFT_HOME of every command; deleted with the machine.</summary>
    public string Home { get; }

    /// <summary>Added to the environment of every command.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <param name="setup">Shell lines that run in it first, as root; $HOST_FILES is a directory for what they mount.</param>
    public static async Task<Machine> StartAsync(string setup = "")
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "needs root, to make a network and a mount namespace");
        string home = Directory.CreateTempSubdirectory("weft-m-").FullName;
        string script = $"""
            set -e
            echo made
            PATH=$PATH:/usr/sbin:/sbin
            export HOST_FILES={home}/.host; mkdir -p $HOST_FILES
            ip link set lo up
            ip addr add {Address}/32 dev lo
            {setup}
            echo ready
            exec cat
            """;
        Process holder = Process.Start(new ProcessStartInfo("unshare", ["-n", "-m", "--propagation", "private", "--", "sh", "-c", script])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var machine = new Machine(holder, home);
        string? made = await holder.StandardOutput.ReadLineAsync().WaitAsync(StartLimit);
        string? ready = await holder.StandardOutput.ReadLineAsync().WaitAsync(StartLimit);
        if (ready != "ready")
        {
            string said = await holder.StandardError.ReadToEndAsync();
            await machine.DisposeAsync();
            Assert.SkipWhen(made is null, $"this machine lets no namespaces be made: {said}");
            Assert.Fail($"the machine could not be set up: {said}");
        }

        machine.Environment["WEFT_HOME"] = home;
        return machine;
    }

    /// <summary>A file of the machine's own, below its home.</summary>
    public async Task<string> WriteAsync(string name, string text)
    {
        string file = Path.Combine(Home, name);
        await File.WriteAllTextAsync(file, text);
        return file;
    }

    /// <summary>The lines that take a tool away, wherever Debian keeps it: links to all others stand over the directories.</summary>
    public static string Without(string tool) => $"""
        T=$HOST_FILES/tools; mkdir -p $T/usr/bin $T/usr/sbin
        mount --bind /usr/bin $T/usr/bin; mount --bind /usr/sbin $T/usr/sbin; PATH=$T/usr/bin:$T/usr/sbin
        mount -t tmpfs none /usr/bin; mount -t tmpfs none /usr/sbin
        cp -s $T/usr/bin/* /usr/bin/ 2>/dev/null || true; cp -s $T/usr/sbin/* /usr/sbin/ 2>/dev/null || true
        rm -f /usr/bin/{tool} /usr/sbin/{tool}
        """;

    public Task<CommandResult> WeftAsync(params string[] arguments) => RunAsync([Repository.Binary("weft"), .. arguments]);

    public Task<CommandResult> RunAsync(params string[] command) => Command.RunAsync("nsenter", Inside(command), Environment);

    /// <summary>A program that stays; ends with the machine at the latest.</summary>
    public LiveProcess Start(params string[] command) => LiveProcess.Start("nsenter", Inside(command), Environment);

    public LiveProcess StartWeft(params string[] arguments) => Start([Repository.Binary("weft"), .. arguments]);

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close(); // cat ends, and the namespaces with the last process in them
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private string[] Inside(string[] command) => ["-t", $"{_holder.Id}", "-n", "-m", "--", .. command];
}
