using Weft.Compile.Analyze;
using Weft.Unit.Shape;

namespace Weft.Unit.Compile;

public sealed class UnsupportedFieldsTests
{
    private static readonly string Document = Path.Combine(RepositoryRoot.Path, "docs", "istio-fields.md");

    /// <summary>WEFT_UPDATE=1 writes the file.</summary>
    [Fact]
    public void Document_IsWhatTheTableSays()
    {
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE") == "1")
        {
            File.WriteAllText(Document, UnsupportedFields.ToMarkdown());
        }
        Assert.Equal(UnsupportedFields.ToMarkdown(), File.ReadAllText(Document));
    }
}
