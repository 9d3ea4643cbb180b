using System.CommandLine;
using System.CommandLine.Invocation;
using Weft.Cli.Frame;

namespace Weft.Cli;

/// <summary>The command line: parses, runs one command, returns its exit code.</summary>
public static class WeftCli
{
    public static async Task<int> RunAsync(string[] arguments, TextWriter? output = null, TextWriter? error = null)
    {
        ParseResult parse = CreateRoot().Parse(arguments);
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // `up` and `run` stop their children in order first; a second Ctrl-C ends at once
            Output = output ?? Console.Out,
            Error = error ?? Console.Error,
        };
        if (parse.Action is ParseErrorAction)
        {
            return ShowErrors(parse, configuration);
        }

        using var stop = new StopSignals();
        return await parse.InvokeAsync(configuration, stop.Token);
    }

    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand("Weft: a service mesh that needs no cluster.");
        root.Options.Add(GlobalOptions.Output);
        root.Options.Add(GlobalOptions.Server);
        root.Options.Add(GlobalOptions.Namespace);
        foreach (Command command in CommandList.All(root)) { root.Subcommands.Add(command); }
        TeachingHelp.Install(root);
        return root;
    }

    private static int ShowErrors(ParseResult parse, InvocationConfiguration configuration)
    {
        foreach (string message in parse.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal))
        {
            configuration.Error.WriteLine($"weft: {message}");
        }

        string path = string.Join(' ', Names(parse.CommandResult.Command).Reverse());
        configuration.Error.WriteLine($"  `{path} --help` shows how it is written.");
        return ExitCode.WrongCommandLine;
    }

    private static IEnumerable<string> Names(Command command)
    {
        for (Command? at = command; at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
        {
            yield return at is RootCommand ? "weft" : at.Name;
        }
    }
}
