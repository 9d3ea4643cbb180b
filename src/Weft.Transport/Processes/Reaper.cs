namespace Weft.Transport.Processes;

/// <summary>How a process ended: an exit code, or the signal that killed it.</summary>
public readonly record struct ExitStatus(int Code, int Signal)
{
    /// <summary>What a shell would say: the code, or 128 + signal.</summary>
    public int ShellCode => Signal == 0 ? Code : 128 + Signal;

    public override string ToString() => Signal == 0 ? $"exit code {Code}" : $"signal {Signal}";

    // wait(2): the low seven bits are the signal, the next byte the exit code.
    internal static ExitStatus FromWait(int status) => new((status >> 8) & 0xff, status & 0x7f);
}

public enum Signal
{
    Hangup = 1,
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    User1 = 10,
    User2 = 12,
    Terminate = 15,
    Stop = 19,
}

/// <summary>Waiting for children and signalling them.</summary>
public static unsafe class Reaper
{
    /// <summary>Blocks until that child ends.</summary>
    public static ExitStatus Wait(int pid)
    {
        while (true)
        {
            int status;
            if (ProcessCalls.waitpid(pid, &status, 0) == pid) { return ExitStatus.FromWait(status); }
            if (ProcessCalls.Error != ProcessCalls.EINTR) { return new ExitStatus(0, (int)Signal.Kill); } // somebody else reaped it
        }
    }

    /// <summary>Blocks until any child ends: what process 1 of a namespace must do for orphans. False: there is no child.</summary>
    public static bool WaitAny(out int pid, out ExitStatus ended)
    {
        int status;
        do
        {
            pid = ProcessCalls.waitpid(-1, &status, 0);
        }
        while (pid < 0 && ProcessCalls.Error == ProcessCalls.EINTR);
        ended = pid > 0 ? ExitStatus.FromWait(status) : default;
        return pid > 0;
    }

    /// <summary>False when there is no such process (any more).</summary>
    public static bool Send(int pid, int signal) => ProcessCalls.kill(pid, signal) == 0;
}
