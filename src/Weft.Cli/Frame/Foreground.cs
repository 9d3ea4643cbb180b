using Weft.Node.Processes;
using Weft.Transport.Processes;

namespace Weft.Cli.Frame;

/// <summary>Another program of Weft in this one's place: same terminal, same end.</summary>
internal static class Foreground
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(Func<string> program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        ChildProcess child;
        try
        {
            child = ChildProcess.Start(new SpawnRequest(program(), arguments) { Group = SpawnGroup.Own });
        }
        catch (Exception e) when (e is FileNotFoundException or SystemCallException)
        {
            throw CommandException.No(e.Message, "Build it with eng/build.");
        }

        await using CancellationTokenRegistration stopping = ct.Register(() => child.Signal(Signal.Terminate));
        await Task.WhenAny(child.Exited, StoppedAsync(child, ct));
        return (await child.Exited).ShellCode;
    }

    private static async Task StoppedAsync(ChildProcess child, CancellationToken ct)
    {
        try { await Task.Delay(Timeout.Infinite, ct); }
        catch (OperationCanceledException) { await child.EndAsync(Grace); }
    }
}
