using Weft.Transport.Processes;

namespace Weft.Proxy.Handover;

/// <summary>Starts the same program again, as it now lies on the disk, with a socket to take the listeners over. For a proxy that nobody supervises.</summary>
/// <param name="arguments">Of the command line, without the handover's own.</param>
internal sealed class SelfRestart(IReadOnlyList<string> arguments)
{
    public const string Option = "--handover-fd";

    private const int FirstPassed = 3;

    // Asked for at the start: once the file is replaced the kernel only knows that it was deleted.
    private readonly string _program = Environment.ProcessPath ?? "weft-proxy";

    /// <summary>Null: <paramref name="ended"/> is called later, from another thread; otherwise why nothing was started.</summary>
    public string? TryBegin(ListenerBook book, bool isAppReady, Action<string?> ended)
    {
        try
        {
            var (ours, theirs) = Descriptor.MessagePair();
            int pid;
            using (theirs)
            {
                pid = Spawner.Start(new SpawnRequest(_program, [.. arguments, Option, $"{FirstPassed}"])
                {
                    Descriptors = [(int)theirs.DangerousGetHandle()], Group = SpawnGroup.Same,
                });
            }

            Task<ExitStatus> exited = Task.Factory.StartNew(() => Reaper.Wait(pid), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            int socket = (int)ours.DangerousGetHandle();
            ours.SetHandleAsInvalid(); // the giver closes it
            HandoverGiver.Start(socket, book, isAppReady, failure => ended(failure is not null && exited.Wait(HandoverTimes.AnswerMax) ? $"{failure} ({exited.Result})" : failure));
            return null;
        }
        catch (SystemCallException e)
        {
            return $"{_program} does not start: {e.Message}";
        }
    }
}
