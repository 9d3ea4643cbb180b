using System.CommandLine;
using Weft.Cli.Commands;

namespace Weft.Cli;

/// <summary>Every command, in the order help shows them: one file in Commands/ each, one line here.</summary>
internal static class CommandList
{
    public static IEnumerable<Command> All(RootCommand root) =>
    [
        ExplainCommand.Create(),
        CompletionCommand.Create(root),
    ];
}
