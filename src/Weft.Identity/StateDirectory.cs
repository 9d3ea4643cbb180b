namespace Weft.Identity;

/// <summary>Files of a proxy's last good state: 0600 in a 0700 directory, replaced whole, so that a crash leaves the old or the new one.</summary>
public sealed class StateDirectory
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public StateDirectory(string path)
    {
        Path = path;
        Directory.CreateDirectory(path, FileMode | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    public void Write(string name, ReadOnlySpan<byte> content)
    {
        string target = System.IO.Path.Combine(Path, name);
        string fresh = target + ".new";
        File.Delete(fresh);
        using (var file = new FileStream(fresh, new FileStreamOptions { Mode = System.IO.FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = FileMode, BufferSize = 0 }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, target, overwrite: true);
    }

    /// <summary>Null when it was never written.</summary>
    public byte[]? TryRead(string name)
    {
        string target = System.IO.Path.Combine(Path, name);
        return File.Exists(target) ? File.ReadAllBytes(target) : null;
    }

    public void Remove(string name) => File.Delete(System.IO.Path.Combine(Path, name));
}
