using Weft.Transport.Processes;

namespace Weft.Node.Processes;

/// <summary>A started process and its end. A thread of its own waits for it (a small stack, asleep in waitpid). Thread-safe.</summary>
public sealed class ChildProcess
{
    private const int WaiterStackBytes = 128 << 10;
    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(int pid) => Pid = pid;

    public int Pid { get; }

    public Task<ExitStatus> Exited => _exited.Task;

    /// <exception cref="SystemCallException">The file is not there or cannot be run.</exception>
    public static ChildProcess Start(SpawnRequest request)
    {
        var child = new ChildProcess(Spawner.Start(request));
        new Thread(child.Wait, WaiterStackBytes) { IsBackground = true, Name = $"wait {child.Pid}" }.Start();
        return child;
    }

    /// <summary>Does nothing once it has ended: the number may belong to somebody else by then.</summary>
    public void Signal(Signal signal)
    {
        lock (_exited)
        {
            if (!_exited.Task.IsCompleted) { _ = Reaper.Send(Pid, (int)signal); }
        }
    }

    /// <summary>SIGTERM, and SIGKILL when it has not ended after <paramref name="grace"/>.</summary>
    public async Task<ExitStatus> StopAsync(TimeSpan grace)
    {
        Signal(Transport.Processes.Signal.Terminate);
        return await EndAsync(grace);
    }

    /// <summary>Waits for the end, and makes it with SIGKILL after <paramref name="grace"/>.</summary>
    public async Task<ExitStatus> EndAsync(TimeSpan grace)
    {
        if (await Task.WhenAny(Exited, Task.Delay(grace)) != Exited) { Signal(Transport.Processes.Signal.Kill); }
        return await Exited;
    }

    private void Wait()
    {
        // The process is a zombie until waitpid returns, so its number is not reused before IsCompleted is true under the gate
        // by more than the instant between the two; Signal takes the same gate.
        ExitStatus ended = Reaper.Wait(Pid);
        lock (_exited) { _exited.SetResult(ended); }
    }
}
