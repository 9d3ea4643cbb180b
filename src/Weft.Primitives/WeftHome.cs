using System.Runtime.InteropServices;

namespace Weft.Primitives;

/// <summary>Where Weft keeps its state: $WEFT_HOME, else ~/.weft, or /var/lib/weft for root. Everything in it is private to its owner.</summary>
public sealed class WeftHome
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public WeftHome(string? path = null)
    {
        string chosen = path is { Length: > 0 } ? path : FromEnvironment();
        Path = System.IO.Path.GetFullPath(chosen);
    }

    public string Path { get; }

    /// <summary>Sockets and files that live only as long as their process.</summary>
    public string Run => System.IO.Path.Combine(Path, "run");

    public string ControlSocket => System.IO.Path.Combine(Run, "control.sock");

    /// <summary>What the running control plane says of itself: addresses, root's SHA-256, process id.</summary>
    public string ControlInfo => System.IO.Path.Combine(Run, "control.json");

    public string Kubeconfig => System.IO.Path.Combine(Path, "kubeconfig");

    public string Logs => System.IO.Path.Combine(Path, "log");

    /// <summary>Per pod: the proxy's last good state and its sockets.</summary>
    public string Pods => System.IO.Path.Combine(Path, "pods");

    /// <summary>Makes the directories, 0700.</summary>
    public void Create()
    {
        foreach (string directory in (string[])[Path, Run, Logs, Pods])
        {
            Directory.CreateDirectory(directory, Private);
        }
    }

    private static string FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable("WEFT_HOME") is { Length: > 0 } home) { return home; }
        if (Environment.IsPrivilegedProcess && !RuntimeInformation.IsOSPlatform(OSPlatform.Windows)) { return "/var/lib/weft"; }
        return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".weft");
    }
}
