using Weft.Primitives;

namespace Weft.Node.Pods;

/// <summary>A pod's directory: private, short (a unix socket's path has 107 bytes), and gone with the pod.</summary>
internal sealed class PodFiles
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public PodFiles(WeftHome home, string ns, string name)
    {
        State = Path.Combine(home.Pods, $"{ns}.{name}");
        Directory.CreateDirectory(State, Private);
    }

    public string State { get; }

    public void Delete()
    {
        try { Directory.Delete(State, recursive: true); }
        catch (IOException) { /* a proxy that is still ending writes its last state; the next start of the pod clears it */ }
    }
}
