using System.Text.RegularExpressions;

namespace Weft.Unit.Shape;

/// <summary>The walls of the house style that a machine can see.</summary>
public sealed partial class ShapeTests
{
    private const int FileLinesWall = 500;

    [Fact]
    public void EveryFile_IsWithinTheWall_OrHasAWaiverWithItsReason()
    {
        Dictionary<string, string> waivers = Waivers();
        string[] over = [.. RepositoryRoot.Sources("src", "*.cs").Concat(RepositoryRoot.Sources("tests", "*.cs"))
            .Concat(RepositoryRoot.Sources("benchmarks", "*.cs"))
            .Where(f => File.ReadLines(f).Count() > FileLinesWall)
            .Select(RepositoryRoot.Relative)
            .Where(f => !waivers.ContainsKey(f))];
        Assert.Empty(over);
    }

    [Fact]
    public void EveryWaiver_NamesAFileAndAReason()
    {
        Assert.All(Waivers(), w =>
        {
            Assert.True(File.Exists(System.IO.Path.Combine(RepositoryRoot.Path, w.Key)), $"{w.Key} is gone: drop its waiver");
            Assert.NotEmpty(w.Value);
        });
    }

    [Fact]
    public void NoFolderOrProject_IsADrawer()
    {
        Regex drawer = DrawerName();
        Assert.DoesNotContain(RepositoryRoot.Sources("src", "*.cs").Select(RepositoryRoot.Relative), f => drawer.IsMatch(f));
    }

    [Fact]
    public void Unsafe_IsAllowed_OnlyWhereTheDesignSaysSo()
    {
        string[] allowed = ["Weft.Transport", "Weft.Wire", "Weft.Node"];
        IEnumerable<string> with = RepositoryRoot.Sources("src", "*.csproj")
            .Where(f => File.ReadAllText(f).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal))
            .Select(f => System.IO.Path.GetFileNameWithoutExtension(f));
        Assert.Subset(allowed.ToHashSet(), with.ToHashSet());
    }

    [Fact]
    public void KeptDocuments_NameOnlyPathsThatExist()
    {
        string[] kept = ["ARCHITECTURE.md", "docs/way-of-a-request.md", "docs/way-of-a-config-change.md"];
        string[] missing = [.. kept.Where(k => !File.Exists(System.IO.Path.Combine(RepositoryRoot.Path, k)))
            .Concat(kept.Where(k => File.Exists(System.IO.Path.Combine(RepositoryRoot.Path, k)))
                .SelectMany(k => PathInText().Matches(File.ReadAllText(System.IO.Path.Combine(RepositoryRoot.Path, k)))
                    .Select(m => m.Groups["path"].Value)
                    .Where(p => !System.IO.Path.Exists(System.IO.Path.Combine(RepositoryRoot.Path, p)))
                    .Select(p => $"{k}: {p}")))];
        Assert.Empty(missing);
    }

    private static Dictionary<string, string> Waivers() =>
        File.ReadLines(System.IO.Path.Combine(RepositoryRoot.Path, "eng/shape.waivers"))
            .Where(l => l.Length > 0 && l[0] != '#')
            .Select(l => l.Split(':', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(p => p[0], p => p.Length > 1 ? p[1] : "", StringComparer.Ordinal);

    [GeneratedRegex(@"(^|/)(Weft\.)?(Common|Utils?|Helpers?|Extensions|Misc)(/|\.)")]
    private static partial Regex DrawerName();

    /// <summary>`src/...`, `proto/...` and the like between back-quotes.</summary>
    [GeneratedRegex(@"`(?<path>(src|tests|proto|benchmarks|eng|docs|samples|deploy)/[A-Za-z0-9_./-]+)`")]
    private static partial Regex PathInText();
}
