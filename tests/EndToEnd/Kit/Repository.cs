using System.Runtime.CompilerServices;

namespace Weft.EndToEnd.Kit;

/// <summary>The checkout these tests were built from and what lies beside it.</summary>
internal static class Repository
{
    public static readonly string Root = Find();

    public static string Binary(string name) => Path.Combine(Root, "artifacts/bin", name);

    public static string Sample(string path) => Path.Combine(Root, "samples/bookinfo", path);

    /// <summary>Configuration written by others, or a skip that says where it is looked for.</summary>
    public static string TestData(string path)
    {
        string folder = Environment.GetEnvironmentVariable("WEFT_TESTDATA") ?? Path.Combine(Root, "../shared/testdata");
        string found = Path.GetFullPath(Path.Combine(folder, path));
        Assert.SkipUnless(Path.Exists(found), $"needs {path} below WEFT_TESTDATA (or ../shared/testdata)");
        return found;
    }

    /// <summary>The full path of a program, or a skip that names its Debian package.</summary>
    public static string Tool(string name, string package)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin").Split(':')
            .Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);
        Assert.SkipUnless(found is not null, $"needs {name} (apt-get install {package})");
        return found!; // SkipUnless has thrown otherwise
    }

    private static string Find([CallerFilePath] string here = "")
    {
        for (string? folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Weft.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"No Weft.slnx above {here}: the tests run from a checkout.");
    }
}
