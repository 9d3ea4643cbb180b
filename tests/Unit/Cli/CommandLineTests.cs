using System.Text.Json.Nodes;
using Weft.Cli;
using Weft.Cli.Frame;

namespace Weft.Unit.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("nonsense")]
    [InlineData("up", "--no-such-option")]
    [InlineData("-o", "xml", "check")]
    [InlineData("run", "--service", "x")]
    [InlineData("proxy", "both")]
    public async Task Line_NotUnderstood_EndsWith2AndPointsToHelp(params string[] arguments)
    {
        (int code, _, string error) = await RunAsync(arguments);
        Assert.Equal(ExitCode.WrongCommandLine, code);
        Assert.Contains("--help", error);
    }

    [Fact]
    public async Task Up_FileIsNotThere_EndsWith4AndNamesTheFile()
    {
        (int code, _, string error) = await RunAsync("up", "-f", "/nowhere/weft.yaml");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("/nowhere/weft.yaml", error);
    }

    [Fact]
    public async Task Help_OfEveryCommand_TeachesByExample()
    {
        foreach (System.CommandLine.Command command in WeftCli.CreateRoot().Subcommands)
        {
            (int code, string text, _) = await RunAsync(command.Name, "--help");
            Assert.Equal(ExitCode.Done, code);
            Assert.True(text.Contains("Examples:", StringComparison.Ordinal), $"weft {command.Name} --help shows no example");
        }
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_Script_AsksTheCommandItself(string shell)
    {
        (int code, string text, _) = await RunAsync("completion", shell);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("weft completion words", text);
    }

    [Fact]
    public async Task Completion_Words_AreCommandsThatBeginSo()
    {
        (_, string text, _) = await RunAsync("completion", "words", "--", "weft comp");
        Assert.Contains("completion", text.Split('\n'));
    }

    [Fact]
    public void Yaml_TextThatLooksLikeANumber_IsQuoted()
    {
        var writer = new StringWriter();
        YamlText.Write(writer, new JsonObject { ["a"] = "1.20", ["b"] = 1, ["c"] = "yes", ["d"] = new JsonArray("x", JsonValue.Create(true)), ["e"] = "two\nlines" });
        Assert.Equal("a: \"1.20\"\nb: 1\nc: \"yes\"\nd:\n- x\n- true\ne: |-\n  two\n  lines\n", writer.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Table_Piped_AlignsColumnsWithoutTrailingBlanks()
    {
        var writer = new StringWriter();
        new TextTable("name", "state").Row("a", "ready").Row("longer", null).WritePlain(writer);
        Assert.Equal("NAME     STATE\na        ready\nlonger   -\n", writer.ToString().ReplaceLineEndings("\n"));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await WeftCli.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
