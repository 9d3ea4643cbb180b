using System.CommandLine;
using Weft.Node.Control;
using Weft.Primitives;

namespace Weft.Cli.Frame;

/// <summary>What a running command has: its options, where it writes, and the way to the control plane.</summary>
internal sealed class CommandContext(ParseResult parse)
{
    public ParseResult Parse => parse;

    public WeftHome Home { get; } = new();

    public OutputFormat Format => parse.GetValue(GlobalOptions.Output);

    public string Namespace => GivenNamespace ?? GlobalOptions.DefaultNamespace;

    /// <summary>Null when none was given: for commands that then mean all of them, or the file's own.</summary>
    public string? GivenNamespace => parse.GetValue(GlobalOptions.Namespace);

    public string? Server => parse.GetValue(GlobalOptions.Server);

    public CommandOutput Output => field ??= new CommandOutput(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, Format);

    public T? Value<T>(Option<T> option) => parse.GetValue(option);

    public T? Value<T>(Argument<T> argument) => parse.GetValue(argument);

    /// <summary>A client for the control plane that --server names; connects on first use.</summary>
    public ControlPlaneClient Connect()
    {
        try
        {
            return new ControlPlaneClient(ControlPlaneAddress.Resolve(Server, Home));
        }
        catch (FormatException e)
        {
            throw CommandException.WrongCommandLine(e.Message);
        }
    }
}
