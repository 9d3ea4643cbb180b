using System.CommandLine;
using Weft.Node.Control;

namespace Weft.Cli.Frame;

/// <summary>A command whose help teaches by examples and whose failures all end the same way.</summary>
internal sealed class WeftCommand : Command
{
    /// <summary>ENOSPC, errno(3): .NET keeps the number in HResult on Unix.</summary>
    private const int DiskFull = 28;

    /// <param name="examples">Pairs of what it does and the line to type.</param>
    public WeftCommand(string name, string description, params (string What, string Line)[] examples)
        : base(name, description) => Examples = examples;

    public IReadOnlyList<(string What, string Line)> Examples { get; }

    /// <summary>The body. It returns an <see cref="ExitCode"/>; exceptions that are answers become one here.</summary>
    public WeftCommand Runs(Func<CommandContext, CancellationToken, Task<int>> body)
    {
        SetAction((parse, ct) => RunAsync(new CommandContext(parse), body, ct));
        return this;
    }

    private static async Task<int> RunAsync(CommandContext context, Func<CommandContext, CancellationToken, Task<int>> body, CancellationToken ct)
    {
        try
        {
            return await body(context, ct);
        }
        catch (CommandException e)
        {
            return context.Output.Fail(e.ExitCode, e.Message, e.Cure);
        }
        catch (ControlPlaneUnreachableException e)
        {
            return context.Output.Fail(ExitCode.Unreachable, e.Message, e.Cure);
        }
        catch (ControlPlaneRefusedException e)
        {
            return context.Output.Fail(e.Status is 401 or 403 ? ExitCode.Unreachable : ExitCode.No, e.Message, Cure(e));
        }
        catch (IOException e) when (e.HResult == DiskFull)
        {
            return context.Output.Fail(ExitCode.No, $"the disk of {context.Home.Path} is full: {e.Message}", "Make room there, or set WEFT_HOME to another disk.");
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCode.Done; // Ctrl-C is how a watch ends
        }
    }

    private static string Cure(ControlPlaneRefusedException e) => e.Status switch
    {
        401 => "Give a token: WEFT_TOKEN, or KUBECONFIG pointing to the control plane's kubeconfig.",
        403 => "Ask the mesh's owner for the right, or use the token of somebody who has it.",
        409 => "Somebody else changed it meanwhile; read it again and repeat.",
        _ => "",
    };
}
