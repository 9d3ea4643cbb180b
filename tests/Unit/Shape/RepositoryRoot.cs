using System.Runtime.CompilerServices;

namespace Weft.Unit.Shape;

/// <summary>Finds the checkout that these tests were built from.</summary>
internal static class RepositoryRoot
{
    public static readonly string Path = Find();

    /// <summary>Files that people wrote: no build output, no generated code.</summary>
    public static IEnumerable<string> Sources(string folder, string pattern) =>
        Directory.EnumerateFiles(System.IO.Path.Combine(Path, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)
                && !f.Contains("/artifacts/", StringComparison.Ordinal) && !f.Contains("/node_modules/", StringComparison.Ordinal));

    public static string Relative(string file) => System.IO.Path.GetRelativePath(Path, file);

    private static string Find([CallerFilePath] string here = "")
    {
        for (string? folder = System.IO.Path.GetDirectoryName(here); folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (File.Exists(System.IO.Path.Combine(folder, "Weft.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"No Weft.slnx above {here}: the tests run from a checkout.");
    }
}
