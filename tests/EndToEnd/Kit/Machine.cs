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

    private readonly Process _holder;

    private Machine(Process holder, string home)
    {
        _holder = holder;
        Home = home;
    }

    /// <summary>WEFT_HOME of every command; deleted with the machine.</summary>
    public string Home { get; }

    /// <param name="setup">Shell lines that run in it first, as root; $HOST_FILES is a directory for what they mount.</param>
    public static async Task<Machine> StartAsync(string setup = "")
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to make a network and a mount namespace");
        string home = Directory.CreateTempSubdirectory("weft-m-").FullName;
        string script = $"""
            set -e
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
        if (await holder.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) != "ready")
        {
            string said = await holder.StandardError.ReadToEndAsync();
            await machine.DisposeAsync();
            Assert.Skip($"this machine lets no namespaces be made: {said}");
        }

        return machine;
    }

    /// <summary>The lines that take a tool away, wherever Debian keeps it.</summary>
    public static string Without(string tool) => $"""
        for d in /usr/bin /usr/sbin; do
          mkdir -p $HOST_FILES/tools$d; mount --bind $d $HOST_FILES/tools$d; mount -t tmpfs none $d; cp -s $HOST_FILES/tools$d/* $d/ 2>/dev/null || true
        done
        rm -f /usr/bin/{tool} /usr/sbin/{tool}
        """;

    public Task<CommandResult> WeftAsync(params string[] arguments) => RunAsync([Repository.Binary("weft"), .. arguments]);

    public Task<CommandResult> RunAsync(params string[] command) => Command.RunAsync("nsenter", Inside(command), Variables);

    /// <summary>A program that stays; ends with the machine at the latest.</summary>
    public LiveProcess Start(params string[] command) => LiveProcess.Start("nsenter", Inside(command), Variables);

    public LiveProcess StartWeft(params string[] arguments) => Start([Repository.Binary("weft"), .. arguments]);

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close(); // cat ends, and the namespaces with the last process in them
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private Dictionary<string, string> Variables => new() { ["WEFT_HOME"] = Home };

    private string[] Inside(string[] command) => ["-t", $"{_holder.Id}", "-n", "-m", "--", .. command];
}
