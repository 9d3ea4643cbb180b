using System.Collections.Concurrent;
using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

/// <summary>
/// Waits for children and wakes the agent's poll. Not SIGCHLD: in process 1 the .NET runtime, once that signal is
/// registered, reaps every child itself and the exit status is lost.
/// </summary>
#pragma warning disable CA1001 // lives as long as its process: there is nobody to dispose it, and its thread waits on the semaphore
internal sealed class ReaperThread
#pragma warning restore CA1001
{
    private const int StackBytes = 128 << 10;

    private readonly int _wake;
    private readonly ConcurrentQueue<(int Pid, ExitStatus Ended)> _ended = new();
    private readonly SemaphoreSlim _started = new(0);

    public ReaperThread(int wake)
    {
        _wake = wake;
        new Thread(Run, StackBytes) { Name = "reaper", IsBackground = true }.Start();
    }

    public bool TryTake(out int pid, out ExitStatus ended)
    {
        bool taken = _ended.TryDequeue(out (int Pid, ExitStatus Ended) one);
        (pid, ended) = one;
        return taken;
    }

    /// <summary>Said after each start: without any child there is nothing to wait for.</summary>
    public void ChildStarted() => _started.Release();

    private void Run()
    {
        while (true)
        {
            if (Reaper.WaitAny(out int pid, out ExitStatus ended))
            {
                _ended.Enqueue((pid, ended));
                Descriptor.Write(_wake, [0]);
            }
            else
            {
                _started.Wait();
            }
        }
    }
}
