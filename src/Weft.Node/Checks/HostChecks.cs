using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Weft.Node.Processes;
using Weft.Primitives;
using Weft.Transport.Processes;

namespace Weft.Node.Checks;

/// <summary>Tries each thing that Weft needs of a machine, by doing it rather than by looking for signs of it.</summary>
public static class HostChecks
{
    private const long FreeBytesLeast = 100L << 20;
    private const int OpenFilesLeast = 4096;
    private const int OutputBytesMax = 2048;

    public static async Task<IReadOnlyList<CheckResult>> RunAsync(WeftHome home, CancellationToken ct)
    {
        List<CheckResult> results = [.. Programs(), Home(home), Disk(home), LibSsl(), OpenFiles(), Clock()];
        results.AddRange(await PodStepsAsync(ct));
        results.AddRange(Ports(home));
        results.Add(HostTools.Find("kubectl") is { } kubectl
            ? CheckResult.Ok("kubectl", kubectl)
            : new CheckResult("kubectl", CheckOutcome.Warning, "not installed", "Only needed to steer the mesh with it: apt-get install kubernetes-client; `weft apply` does the same."));
        return results;
    }

    private static IEnumerable<CheckResult> Programs()
    {
        foreach (Func<string> find in (Func<string>[])[() => Binaries.Proxy, () => Binaries.Control])
        {
            CheckResult result;
            try { result = CheckResult.Ok("programs", find()); }
            catch (FileNotFoundException e) { result = new CheckResult("programs", CheckOutcome.Failed, e.Message, "Build them with eng/build."); }
            yield return result;
        }

        if (HostTools.Missing() is { } missing) { yield return new CheckResult("tools", CheckOutcome.Failed, $"{missing.Tool} is missing", missing.Cure); }
        else { yield return CheckResult.Ok("tools", "unshare, ip, nft, setpriv"); }
    }

    private static CheckResult Home(WeftHome home)
    {
        try
        {
            home.Create();
            string probe = Path.Combine(home.Run, $"check.{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new CheckResult("home", CheckOutcome.Failed, $"{home.Path}: {e.Message}", "Set WEFT_HOME to a directory of yours, or give this one back: chown -R $USER.");
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        return (File.GetUnixFileMode(home.Path) & Others) == 0
            ? CheckResult.Ok("home", home.Path)
            : new CheckResult("home", CheckOutcome.Failed, $"{home.Path} is open to other users, and keys are kept in it", $"chmod 700 {home.Path}");
    }

    private static CheckResult Disk(WeftHome home)
    {
        try
        {
            long free = new DriveInfo(home.Path).AvailableFreeSpace;
            return free >= FreeBytesLeast
                ? CheckResult.Ok("disk", $"{free >> 20} MiB free")
                : new CheckResult("disk", CheckOutcome.Failed, $"{free >> 20} MiB free under {home.Path}", $"Make room ({FreeBytesLeast >> 20} MiB), or set WEFT_HOME to another disk.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new CheckResult("disk", CheckOutcome.Warning, e.Message, "Its free space is not known.");
        }
    }

    private static CheckResult LibSsl()
    {
        if (!NativeLibrary.TryLoad("libssl.so.3", out nint library))
        {
            return new CheckResult("libssl", CheckOutcome.Failed, "libssl.so.3 is missing", "Install OpenSSL 3: apt-get install libssl3.");
        }

        NativeLibrary.Free(library);
        return CheckResult.Ok("libssl", "libssl.so.3");
    }

    private static CheckResult OpenFiles()
    {
        string? line = File.Exists("/proc/self/limits") ? File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal)) : null;
        string[] words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (words.Length < 5 || !int.TryParse(words[3], out int limit)) { return CheckResult.Ok("open files", "unlimited"); }
        return limit >= OpenFilesLeast
            ? CheckResult.Ok("open files", limit.ToString())
            : new CheckResult("open files", CheckOutcome.Warning, $"at most {limit}", $"Raise it for many connections: ulimit -n {OpenFilesLeast}.");
    }

    // Certificates are valid from now on: a clock before the build of the program is certainly wrong.
    private static CheckResult Clock()
    {
        DateTime built = Environment.ProcessPath is { } self ? File.GetLastWriteTimeUtc(self) : DateTime.UnixEpoch;
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return now > built.AddDays(-1)
            ? CheckResult.Ok("clock", $"{now:yyyy-MM-dd HH:mm:ss} UTC")
            : new CheckResult("clock", CheckOutcome.Failed, $"{now:yyyy-MM-dd} is before this program was built", "Set the clock: certificates would not be valid yet.");
    }

    /// <summary>Makes a pod step by step; the first step that is refused names the cure, later ones are not tried.</summary>
    private static async Task<IReadOnlyList<CheckResult>> PodStepsAsync(CancellationToken ct)
    {
        var results = new List<CheckResult>();
        string[] user = Environment.IsPrivilegedProcess ? [] : ["-U", "-r"];
        (string Name, string[] More, string Script, string Cure)[] steps =
        [
            ("user namespace", [], "true", "Allow them: sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0; or run as root; or use --explicit."),
            ("network namespace", ["-n"], "true", "The kernel or a container's seccomp profile refuses it; run as root, or use --explicit."),
            ("mount and process namespaces", ["-n", "-m", "-p", "--fork", "--mount-proc"], "true", "A container without CAP_SYS_ADMIN refuses /proc; run outside it, or use --explicit."),
            ("pod address", ["-n"], "ip link set lo up && ip addr add 240.241.0.1/32 dev lo && ip route add default dev lo src 240.241.0.1", "Install iproute2 (apt-get install iproute2)."),
            ("capture rules", ["-n"], "ip link set lo up && nft 'add table inet t; add chain inet t o { type nat hook output priority -100; }; add rule inet t o meta l4proto tcp redirect to :15001; add chain inet t f { type filter hook output priority 0; }; add rule inet t f reject with icmpx port-unreachable'", "Install nftables and load its modules: modprobe nf_tables nft_redir nft_reject_inet."),
        ];
        foreach ((string name, string[] more, string script, string cure) in steps)
        {
            (bool good, string said) = await TryAsync("unshare", [.. user, .. more, "--", "sh", "-c", script], ct);
            results.Add(good ? CheckResult.Ok(name, "works") : new CheckResult(name, CheckOutcome.Failed, said, cure));
            if (!good) { break; }
        }

        return results;
    }

    private static IEnumerable<CheckResult> Ports(WeftHome home)
    {
        bool running = File.Exists(home.ControlInfo);
        foreach ((int port, string purpose, string option) in ((int, string, string)[])[(15010, "resource API", "--api"), (15012, "discovery", "--discovery"), (8080, "gateway", "gateway.ports in weft.yaml")])
        {
            string? why = InUse(port);
            yield return why is null ? CheckResult.Ok($"port {port}", $"free for the {purpose}")
                : running ? CheckResult.Ok($"port {port}", "in use, probably by the mesh that runs here")
                : new CheckResult($"port {port}", CheckOutcome.Warning, $"{why} (wanted for the {purpose})", $"Stop who has it, or choose another with {option}.");
        }
    }

    private static string? InUse(int port)
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }

    private static async Task<(bool Good, string Said)> TryAsync(string program, string[] arguments, CancellationToken ct)
    {
        var (read, write) = Descriptor.Pipe();
        using (write)
        {
            ChildProcess child;
            try
            {
                int output = (int)write.DangerousGetHandle();
                child = ChildProcess.Start(new SpawnRequest(program, arguments)
                {
                    StandardOutput = output,
                    StandardError = output,
                    Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin", ["LC_ALL"] = "C" },
                });
            }
            catch (SystemCallException e)
            {
                read.Dispose();
                return (false, e.Message);
            }

            write.Dispose();
            ExitStatus ended = await child.EndAsync(TimeSpan.FromSeconds(10)).WaitAsync(ct);
            await using var stream = new FileStream(read, FileAccess.Read, bufferSize: 0);
            byte[] buffer = new byte[OutputBytesMax];
            int n = await stream.ReadAsync(buffer, ct);
            string said = Encoding.UTF8.GetString(buffer, 0, n).Trim().ReplaceLineEndings(" ");
            return (ended == default, said.Length > 0 ? said : ended.ToString());
        }
    }
}
