using System.Net;
using System.Text;
using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

/// <summary>Makes the pod's network, files and listeners. Runs once, inside the new namespaces, before the application.</summary>
internal sealed class PodNetwork : IDisposable
{
    private const int OutputBytesMax = 4096;

    private PodNetwork(PodListeners listeners, PacketLog? log)
    {
        Listeners = listeners;
        Log = log;
    }

    public PodListeners Listeners { get; }

    /// <summary>Null where the kernel cannot hand over refused packets.</summary>
    public PacketLog? Log { get; }

    /// <summary>For an application that stays in the host's network.</summary>
    public static PodNetwork None() => new(new PodListeners(-1, -1, -1, -1), null);

    public static PodNetwork Make(PodOptions options)
    {
        bool ipv6 = File.Exists("/proc/net/if_inet6");
        Run("ip", ["-batch", "-"], PodRules.Links(options.Address, ipv6), "network", "Install iproute2 (apt-get install iproute2).");
        PacketLog? log = PacketLog.TryOpen(PodRules.LogGroup);
        try
        {
            Run("nft", ["-f", "-"], PodRules.Rules(options.Address, ipv6, log is not null, options.HostPorts), "capture", NftCure);
        }
        catch (PodSetupException) when (log is not null)
        {
            // A kernel may have the group's socket and not the rule's module.
            log.Dispose();
            log = null;
            Run("nft", ["-f", "-"], PodRules.Rules(options.Address, ipv6, log: false, options.HostPorts), "capture", NftCure);
        }

        AllowLowPorts();
        MountFiles(options);
        return new PodNetwork(Listen(ipv6), log);
    }

    public void Dispose()
    {
        Log?.Dispose();
        foreach (int fd in (int[])[Listeners.OutboundTcp4, Listeners.OutboundTcp6, Listeners.DnsUdp, Listeners.DnsTcp]) { Descriptor.Close(fd); }
    }

    private const string NftCure = "Install nftables (apt-get install nftables) and see that the kernel has nf_tables, nft_redir and nft_reject (`weft check`).";

    private static PodListeners Listen(bool ipv6)
    {
        try
        {
            return new PodListeners(
                NamespaceSockets.Listen(new IPEndPoint(IPAddress.Loopback, PodRules.OutboundPort)),
                ipv6 ? NamespaceSockets.Listen(new IPEndPoint(IPAddress.IPv6Loopback, PodRules.OutboundPort)) : -1,
                NamespaceSockets.BindUdp(new IPEndPoint(IPAddress.Loopback, PodRules.DnsPort)),
                NamespaceSockets.Listen(new IPEndPoint(IPAddress.Loopback, PodRules.DnsPort)));
        }
        catch (SystemCallException e)
        {
            throw new PodSetupException("listeners", e.Message, "Report it with `weft check`: nothing else should listen in a new namespace.");
        }
    }

    // The application may run as a user of its own and still wants port 80, as it would in a container.
    private static void AllowLowPorts()
    {
        try
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Rootless the file belongs to the host's root; the application is then root of its own namespace and needs no leave.
        }
    }

    private static void MountFiles(PodOptions options)
    {
        if (options.FilesDirectory is not { } directory) { return; }
        Mount(directory, "/etc/resolv.conf", PodRules.ResolvConf(options.Namespace));
        if (File.Exists("/etc/nsswitch.conf")) { Mount(directory, "/etc/nsswitch.conf", PodRules.NameServiceSwitch(File.ReadAllText("/etc/nsswitch.conf"))); }
    }

    private static void Mount(string directory, string target, string content)
    {
        // Without the file the C library asks 127.0.0.1 by itself, which is what the pod wants.
        if (!File.Exists(target)) { return; }
        string source = Path.Combine(directory, Path.GetFileName(target));
        try
        {
            File.WriteAllText(source, content);
            File.SetUnixFileMode(source, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            NamespaceSockets.BindMount(source, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SystemCallException)
        {
            throw new PodSetupException("files", $"{target}: {e.Message}", "See that $WEFT_HOME can be written and that mounts are allowed (`weft check`).");
        }
    }

    private static void Run(string tool, string[] arguments, string input, string step, string cure)
    {
        var (readIn, writeIn) = Descriptor.Pipe();
        var (readOut, writeOut) = Descriptor.Pipe();
        using (readIn)
        using (writeIn)
        using (readOut)
        using (writeOut)
        {
            int pid;
            try
            {
                pid = Spawner.Start(new SpawnRequest(tool, arguments)
                {
                    StandardInput = (int)readIn.DangerousGetHandle(),
                    StandardOutput = (int)writeOut.DangerousGetHandle(),
                    StandardError = (int)writeOut.DangerousGetHandle(),
                    Environment = ToolEnvironment(),
                });
            }
            catch (SystemCallException e)
            {
                throw new PodSetupException(step, e.Message, cure);
            }

            readIn.Dispose();
            writeOut.Dispose();
            Descriptor.Write((int)writeIn.DangerousGetHandle(), Encoding.UTF8.GetBytes(input)); // below the pipe's 64 KiB
            writeIn.Dispose();
            string said = ReadAll((int)readOut.DangerousGetHandle());
            ExitStatus ended = Reaper.Wait(pid);
            if (ended != default) { throw new PodSetupException(step, $"{tool}: {(said.Length > 0 ? said : ended.ToString())}", cure); }
        }
    }

    // The tools live in sbin, which an unprivileged user's PATH may lack.
    private static Dictionary<string, string> ToolEnvironment() => new(StringComparer.Ordinal)
    {
        ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin",
        ["LC_ALL"] = "C",
    };

    private static string ReadAll(int fd)
    {
        byte[] buffer = new byte[OutputBytesMax];
        int total = 0;
        for (int n = Descriptor.Read(fd, buffer); n > 0; n = Descriptor.Read(fd, buffer.AsSpan(total % buffer.Length))) { total = Math.Min(total + n, buffer.Length - 1); }
        return Encoding.UTF8.GetString(buffer, 0, total).Trim();
    }
}
