namespace Weft.Node.Pods;

/// <summary>
/// Which user an application runs as. As root each pod has a user of its own, so that one pod's processes cannot signal
/// or trace another's; where the files are closed to other users it stays root's, and a notice says so.
/// </summary>
internal static class AppUser
{
    // Above the ranges that systemd gives to containers and dynamic users (1879048191), below 2^31.
    private const uint First = 1_900_000_000;
    private const UnixFileMode OtherRead = UnixFileMode.OtherRead;
    private const UnixFileMode OtherExecute = UnixFileMode.OtherExecute;

    /// <summary>Null leaves root; <paramref name="notice"/> then says why.</summary>
    public static uint? Choose(PodPlan plan, out string notice)
    {
        notice = "";
        if (!Environment.IsPrivilegedProcess) { return null; }
        string directory = plan.WorkingDirectory ?? Environment.CurrentDirectory;
        string? program = FindProgram(plan.Command[0], directory);
        if (program is null) { return null; } // the agent reports that there is no such command
        string? closed = FirstClosed(directory, OtherRead | OtherExecute)
            ?? FirstClosed(program, OtherRead | OtherExecute)
            ?? plan.Command.Skip(1).Select(a => Path.Combine(directory, a)).Where(Path.Exists).Select(a => FirstClosed(a, Directory.Exists(a) ? OtherRead | OtherExecute : OtherRead)).FirstOrDefault(c => c is not null);
        if (closed is null) { return Uid(plan.Address); }
        notice = $"It runs as root, since {closed} is closed to other users; chmod o+rX it and the pod gets a user of its own.";
        return null;
    }

    /// <summary>One user per pod address: 240.241.x.y.</summary>
    public static uint Uid(string address)
    {
        byte[] bytes = System.Net.IPAddress.TryParse(address, out System.Net.IPAddress? ip) ? ip.GetAddressBytes() : [0, 0, 0, 0];
        return First + ((uint)bytes[^2] << 8) + bytes[^1];
    }

    private static string? FindProgram(string command, string directory)
    {
        if (command.Contains('/')) { return Resolve(Path.Combine(directory, command)); }
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(d => Path.Combine(d, command)).Where(File.Exists).Select(Resolve).FirstOrDefault();
    }

    private static string? Resolve(string path)
    {
        if (!File.Exists(path)) { return null; }
        return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
    }

    private static string? FirstClosed(string path, UnixFileMode needed)
    {
        if ((File.GetUnixFileMode(path) & needed) != needed) { return path; }
        for (string? parent = Path.GetDirectoryName(Path.GetFullPath(path)); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if ((File.GetUnixFileMode(parent) & OtherExecute) == 0) { return parent; }
        }

        return null;
    }
}
