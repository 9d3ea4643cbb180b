using Weft.Dialects.Problems;
using Weft.Unit.Shape;

namespace Weft.Unit.Dialects;

public sealed class ProblemCatalogueTests
{
    private static readonly string File = Path.Combine(RepositoryRoot.Path, "docs", "problems.md");

    [Fact]
    public void Codes_AreUnique() => Assert.Equal(ProblemCatalogue.All.Count, ProblemCatalogue.All.Select(k => k.Code).Distinct().Count());

    /// <summary>WEFT_UPDATE=1 writes the file.</summary>
    [Fact]
    public void Document_IsWhatTheCatalogueSays()
    {
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE") == "1")
        {
            System.IO.File.WriteAllText(File, ProblemCatalogue.ToMarkdown());
        }
        Assert.Equal(ProblemCatalogue.ToMarkdown(), System.IO.File.ReadAllText(File));
    }
}
