namespace Weft.Node.Processes;

/// <summary>Where the other two programs of Weft are: beside this one, or named by the environment.</summary>
public static class Binaries
{
    public static string Proxy => Find("weft-proxy", "WEFT_PROXY_BINARY");

    public static string Control => Find("weft-control", "WEFT_CONTROL_BINARY");

    /// <exception cref="FileNotFoundException">With the places that were looked at.</exception>
    private static string Find(string name, string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
        {
            return File.Exists(given) ? given : throw new FileNotFoundException($"${variable} names {given}, which is not there.");
        }

        string[] places = [.. Places(name).Distinct(StringComparer.Ordinal)];
        return places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{name} is in none of {string.Join(", ", places)}; build it with eng/build, or name it in ${variable}.");
    }

    private static IEnumerable<string> Places(string name)
    {
        string own = AppContext.BaseDirectory;
        yield return Path.Combine(own, name);

        // artifacts/publish/weft/ beside artifacts/publish/weft-proxy/, and the same for a debug build.
        yield return Path.GetFullPath(Path.Combine(own, "..", name, name));
        yield return Path.GetFullPath(Path.Combine(own, "..", "..", name, Path.GetFileName(own.TrimEnd('/')), name));
        if (Environment.ProcessPath is { } self) { yield return Path.Combine(Path.GetDirectoryName(self) ?? "/", name); }
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)) { yield return Path.Combine(directory, name); }
    }
}
