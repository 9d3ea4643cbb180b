using System.CommandLine;
using Weft.Cli.Commands;
using Weft.Cli.Commands.Traffic;

namespace Weft.Cli;

/// <summary>Every command, in the order help shows them: one file in Commands/ each, one line here.</summary>
internal static class CommandList
{
    public static IEnumerable<Command> All(RootCommand root) =>
    [
        UpCommand.Create(),
        DownCommand.Create(),
        RunCommand.Create(),
        ControlCommand.Create(),
        ProxyCommand.Create(),
        RestartCommand.Create(),
        CheckCommand.Create(),
        ApplyCommand.Create(),
        DeleteCommand.Create(),
        GetCommand.Create(),
        DescribeCommand.Create(),
        ExplainCommand.Create(),
        AnalyzeCommand.Create(),
        StatusCommand.Create(),
        StatCommand.Create(),
        EdgesCommand.Create(),
        TapCommand.Create(),
        TopCommand.Create(),
        DashboardCommand.Create(),
        IdentityCommand.Create(),
        AuthzCommand.Create(),
        CaCommand.Create(),
        ProxyConfigCommand.Create(),
        CompletionCommand.Create(root),
    ];
}
