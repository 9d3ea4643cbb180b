using System.Text.RegularExpressions;
using Weft.Telemetry.Metrics;

namespace Weft.Unit.Telemetry;

public sealed class MetricCatalogueTests
{
    [Fact]
    public void Catalogue_AllRows_HaveUniqueNamesAndHelps()
    {
        Assert.Equal(MetricCatalogue.All.Count, MetricCatalogue.All.Select(m => m.Name).Distinct().Count());
        Assert.Equal(MetricCatalogue.All.Count, MetricCatalogue.All.Select(m => m.Help).Distinct().Count());
    }

    [Fact]
    public void Catalogue_Counters_EndInTotal() =>
        Assert.All(MetricCatalogue.All.Where(m => m.Kind == MetricKind.Counter), m => Assert.EndsWith("_total", m.Name, StringComparison.Ordinal));

    /// <remarks>A row that nobody writes is always 0, and whoever looks at it believes it.</remarks>
    [Fact]
    public void Catalogue_EveryRow_HasAWriter()
    {
        string[] declarations = ["MetricCatalogue.cs", "LoopCounters.cs"];
        string source = string.Concat(Weft.Unit.Shape.RepositoryRoot.Sources("src", "*.cs").Where(f => !declarations.Contains(Path.GetFileName(f))).Select(File.ReadAllText));

        IEnumerable<string> unwritten = Enum.GetNames<LoopCounter>().Where(c => !Regex.IsMatch(source, $@"Count\w*\([^;]*\bLoopCounter\.{c}\b"));
        IEnumerable<string> unprinted = typeof(MetricCatalogue).GetProperties().Where(p => p.PropertyType == typeof(Metric)).Select(p => p.Name)
            .Where(n => !Regex.IsMatch(source, $@"\bMetricCatalogue\.{n}\b"));

        Assert.Empty(unwritten.Concat(unprinted));
    }

    [Fact]
    public void MetricsDocument_OnDisk_EqualsCatalogue()
    {
        string path = Path.Combine(RepositoryRoot(), "docs", "metrics.md");
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, MetricCatalogue.ToMarkdown());
        }

        Assert.Equal(MetricCatalogue.ToMarkdown(), File.ReadAllText(path));
    }

    private static string RepositoryRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Weft.slnx")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? throw new InvalidOperationException("Weft.slnx is not above the tests.");
    }
}
