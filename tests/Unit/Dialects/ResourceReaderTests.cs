using System.Text;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;

namespace Weft.Unit.Dialects;

public sealed class ResourceReaderTests
{
    private const string Good = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: 80\n    name: http\n";

    [Fact]
    public void Yaml_TwoDocuments_GivesBothWithTheirPositions()
    {
        ReadResult read = ResourceReader.ReadText(Good + "---\n" + Good.Replace("name: a", "name: b", StringComparison.Ordinal), "x.yaml");
        Assert.Equal(["a", "b"], read.Resources.Select(r => r.Name));
        Assert.Equal([1, 10], read.Resources.Select(r => r.Source?.Line ?? 0));
        Assert.Equal("default", read.Resources[0].Namespace);
    }

    [Theory]
    [InlineData("spec.ports[0].name", 8)]
    [InlineData("spec.ports[0].port", 7)]
    [InlineData("spec.ports", 6)]
    [InlineData("spec.ports[3]", 6)]
    [InlineData("metadata.name", 4)]
    [InlineData("nothing.of.this", 1)]
    public void Problem_OfAField_NamesItsLine(string path, int line)
    {
        ReadResult read = ResourceReader.ReadText(Good, "x.yaml");
        Problem located = read.Sources.Locate(new Problem("IST0106", ProblemLevel.Error, read.Resources[0].Key, path, "", "") { Source = read.Resources[0].Source });
        Assert.Equal(("x.yaml", line), (located.File, located.Line));
    }

    [Theory]
    [InlineData("a: b: c", 1)]
    [InlineData("apiVersion: v1\nkind: [", 2)]
    [InlineData("apiVersion: v1\nkind: Service\nkind: Pod\nmetadata: {name: a}", 3)]
    [InlineData("a: *nobody", 1)]
    [InlineData("- 1\n- 2", 1)]
    [InlineData("apiVersion: v1\nkind: Service", 1)]
    [InlineData("{\"apiVersion\": \"v1\",\n \"kind\": }", 2)]
    public void Text_ThatIsNoResource_IsAProblemWithItsLine(string text, int line)
    {
        ReadResult read = ResourceReader.ReadText(text, "x.yaml");
        Problem problem = Assert.Single(read.Problems);
        Assert.Equal(line, problem.Line);
        Assert.NotEmpty(problem.Cure);
        Assert.False(read.IsGood);
    }

    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("~", "null")]
    [InlineData("0x10", "16")]
    [InlineData("0o17", "15")]
    [InlineData("010", "8")]
    [InlineData("1_000", "1000")]
    [InlineData("1.5", "1.5")]
    [InlineData("'5'", "\"5\"")]
    [InlineData("5s", "\"5s\"")]
    [InlineData("1.2.3.4", "\"1.2.3.4\"")]
    public void Scalar_Plain_MeansWhatKubernetesReads(string written, string json)
    {
        Assert.True(ResourceReader.TryReadValue("a: " + written, out var value));
        Assert.Equal(json, value!["a"]?.ToJsonString() ?? "null");
    }

    [Fact]
    public void Json_List_GivesItsItems()
    {
        ReadResult read = ResourceReader.ReadText("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}]}", "x.json");
        Assert.Equal("p", Assert.Single(read.Resources).Name);
        Assert.Equal(2, read.Resources[0].Source?.Line);
    }

    [Fact]
    public void Aliases_ThatMultiply_AreRefusedBeforeTheyAreExpanded()
    {
        StringBuilder laughs = new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 30; i++)
        {
            laughs.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }
        Problem problem = Assert.Single(ResourceReader.ReadText(laughs.ToString()).Problems);
        Assert.Contains("values", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_BeyondTheLimit_IsRefused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 5_000));
        Assert.Contains("deep", Assert.Single(ResourceReader.ReadText("a: " + deep).Problems).Message, StringComparison.Ordinal);
    }

    /// <summary>Ten megabytes of each, within the bound of a file: what they would become is bounded too.</summary>
    [Theory]
    [InlineData("- x\n", true)]
    [InlineData("{a: ", true)]
    [InlineData("[", true)]
    [InlineData("&a ", true)]
    [InlineData("? ", true)]
    [InlineData("!t ", true)]
    [InlineData("a\n\n", false)]
    [InlineData("---\n", false)]
    [InlineData("#", false)]
    public void TenMegabytes_OfAnything_AreRefusedOrRead(string piece, bool refused)
    {
        ReadResult read = ResourceReader.ReadText("x:\n" + string.Concat(Enumerable.Repeat(piece, (10 << 20) / piece.Length)));
        Assert.Empty(read.Resources);
        Assert.True(!refused || read.Problems.Count > 0);
        Assert.True(piece != "- x\n" || read.Problems[0].Code == ProblemCodes.Limit);
        Assert.InRange(read.Problems.Count, 0, ReadLimits.Default.ProblemsMax);
        Assert.All(read.Problems, p => Assert.NotEmpty(p.Cure));
    }

    [Fact]
    public void File_BeyondTheLimit_IsRefused()
    {
        ResourceReader reader = new(new ReadLimits { FileBytesMax = 100 });
        reader.AddPath("-", new MemoryStream(new byte[101]));
        Assert.Equal(ProblemCodes.Limit, Assert.Single(reader.Result.Problems).Code);
    }

    [Fact]
    public void File_ThatIsNotThere_IsAProblem() =>
        Assert.Equal(ProblemCodes.Unreadable, Assert.Single(ResourceReader.ReadPaths(["/nowhere/x.yaml"]).Problems).Code);

    [Fact]
    public void Bytes_ThatAreNotUtf8_AreAProblem()
    {
        ResourceReader reader = new();
        reader.AddPath("-", new MemoryStream([0x61, 0xff, 0xfe]));
        Assert.Equal(ProblemCodes.Syntax, Assert.Single(reader.Result.Problems).Code);
    }
}
