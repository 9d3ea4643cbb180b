using System.CommandLine;
using System.Text.RegularExpressions;
using Weft.Cli;
using Weft.Cli.Frame;
using Weft.Node.Control;
using Weft.Primitives;
using Weft.Unit.Shape;

namespace Weft.Unit.Cli;

/// <summary>What `weft control` and `weft up` give to the weft-control that they start.</summary>
public sealed partial class ControlCommandTests
{
    // Between the programs, and what `weft` sets itself.
    private static readonly string[] NotForPeople = ["--supervisor-fd", "--ready-fd"];

    [Fact]
    public void Control_Options_AreThoseOfTheProgram()
    {
        string usage = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "src/hosts/weft-control/ControlOptions.cs"));
        IEnumerable<string> taken = UsageLine().Matches(usage).Select(static m => m.Groups[1].Value).Except(NotForPeople);

        IEnumerable<string> offered = Command("control").Options.Select(static o => o.Name);

        Assert.Empty(taken.Except(offered));
    }

    [Theory]
    [InlineData("control")]
    [InlineData("up")]
    public void KeyOptions_Given_ReachTheProgram(string command)
    {
        var keys = new KeyOptions();
        var root = new RootCommand();
        foreach (Option option in keys.All)
        {
            Assert.Contains(Command(command).Options, o => o.Name == option.Name);
            root.Options.Add(option);
        }

        string file = typeof(ControlCommandTests).Assembly.Location;
        var context = new CommandContext(root.Parse(["--keys-allow", "169.254.10.0/24", "--keys-allow", "fe80::/10", "--keys-ca", file]));

        IReadOnlyList<string> arguments = keys.AddTo(new ControlOptions(new WeftHome("/h"), "a:1", "d:2"), context).Arguments();

        Assert.Equal(["--home", "/h", "--api", "a:1", "--discovery", "d:2", "--keys-allow", "169.254.10.0/24", "--keys-allow", "fe80::/10", "--keys-ca", file], arguments);
    }

    [Theory]
    [InlineData("--keys-allow", "169.254.10.0/33", 2)]
    [InlineData("--keys-allow", "issuer", 2)]
    [InlineData("--keys-ca", "/nowhere/ca.pem", 4)]
    public async Task KeyOptions_ThatCannotBe_EndTheCommandBeforeItStartsAnything(string option, string value, int expected)
    {
        using var error = new StringWriter();

        int code = await WeftCli.RunAsync(["control", option, value], TextWriter.Null, error);

        Assert.Equal(expected, code);
        Assert.Contains(option, error.ToString(), StringComparison.Ordinal);
    }

    private static Command Command(string name) => WeftCli.CreateRoot().Subcommands.Single(c => c.Name == name);

    [GeneratedRegex("^ {10}(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex UsageLine();
}
