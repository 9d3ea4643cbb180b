using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Weft.Cli.Frame;

/// <summary>The library's help, then examples.</summary>
internal sealed class TeachingHelp(HelpAction standard) : SynchronousCommandLineAction
{
    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public static void Install(RootCommand root)
    {
        HelpOption help = root.Options.OfType<HelpOption>().First();
        if (help.Action is HelpAction standard) { help.Action = new TeachingHelp(standard); }
    }

    public override int Invoke(ParseResult parseResult)
    {
        int result = standard.Invoke(parseResult);
        TextWriter writer = parseResult.InvocationConfiguration.Output;
        (string What, string Line)[] examples = parseResult.CommandResult.Command is WeftCommand command ? [.. command.Examples] : RootExamples;
        if (parseResult.CommandResult.Command is not (WeftCommand or RootCommand) || examples.Length == 0) { return result; }
        writer.WriteLine("Examples:");
        foreach ((string what, string line) in examples)
        {
            writer.WriteLine($"  # {what}");
            writer.WriteLine($"  {line}");
            writer.WriteLine();
        }

        return result;
    }

    private static readonly (string, string)[] RootExamples =
    [
        ("run an application of many processes as a mesh", "weft up -f samples/bookinfo/weft.yaml"),
        ("put one process into the mesh", "weft run --service hello --port 8000 -- python3 -m http.server 8000"),
        ("send a tenth of the traffic to v2", "weft apply -f route.yaml"),
        ("ask what the mesh would do with a request, and why", "weft explain --from default/productpage-v1 --to http://reviews:9080/reviews/0"),
    ];
}
