using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Weft.Proxy.Host;

namespace Weft.Unit.Proxy.Host;

/// <summary>docs/options.md says what the reader reads.</summary>
public sealed partial class OptionsDocumentTests
{
    [Fact]
    public void Example_OfTheDocument_IsAccepted()
    {
        Bootstrap read = BootstrapReader.Read(Encoding.UTF8.GetBytes(ExampleForm().Match(Document()).Groups["json"].Value));
        Assert.Equal("edge/gateway", read.Workload);
        Assert.Equal(8080, read.GatewayPorts[80]);
    }

    [Fact]
    public void Fields_OfTheDocument_AreThoseThatAreRead()
    {
        string[] documented = [.. RowForm().Matches(Document()).SelectMany(r => NameForm().Matches(r.Groups["names"].Value)).Select(n => n.Groups["name"].Value)];
        Assert.NotEmpty(documented);
        foreach (string field in documented)
        {
            // A field that is read complains of its value, one that is not of its name.
            BootstrapException e = Assert.Throws<BootstrapException>(() => BootstrapReader.Read(Encoding.UTF8.GetBytes($$"""{"{{field}}":[[]]}""")));
            Assert.DoesNotContain("is not known", e.Message, StringComparison.Ordinal);
        }

        Assert.Contains("is not known", Assert.Throws<BootstrapException>(() => BootstrapReader.Read("""{"nothing":[[]]}"""u8.ToArray())).Message, StringComparison.Ordinal);
    }

    private static string Document([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../../docs/options.md"));

    [GeneratedRegex("```json\n(?<json>.*?)```", RegexOptions.Singleline)]
    private static partial Regex ExampleForm();

    [GeneratedRegex("^\\| (?<names>`.*?) \\|", RegexOptions.Multiline)]
    private static partial Regex RowForm();

    [GeneratedRegex("`(?<name>\\w+)`")]
    private static partial Regex NameForm();
}
