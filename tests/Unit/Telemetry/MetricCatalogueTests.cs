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
