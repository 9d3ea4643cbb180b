namespace Weft.Node.Agent;

/// <summary>The local command that stands for a container image.</summary>
public sealed record LocalProgram(IReadOnlyList<string> Command)
{
    public string? WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyList<int> HostPorts { get; init; } = [];
}

/// <summary>
/// Which images this machine can run. Only its own file says so: a control plane names images, never commands, so that
/// who may write Pods may not thereby run what he likes here.
/// </summary>
public sealed class ImageMap(IReadOnlyDictionary<string, LocalProgram> programs)
{
    public int Count => programs.Count;

    /// <summary>By the whole name, else without tag and digest.</summary>
    public LocalProgram? Find(string image) =>
        programs.GetValueOrDefault(image) ?? programs.GetValueOrDefault(WithoutTag(image));

    // A colon after the last slash begins a tag; before it, it is the registry's port.
    internal static string WithoutTag(string image)
    {
        int at = image.IndexOf('@');
        string name = at < 0 ? image : image[..at];
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }
}
