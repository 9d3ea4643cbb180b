using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

/// <summary>The application: started, signalled, started again. The agent reaps it with all other children. One thread.</summary>
internal sealed class AppProcess(PodOptions options)
{
    /// <summary>0 while it does not run.</summary>
    public int Pid { get; private set; }

    public void Start()
    {
        // In a session of its own for `weft up`; sharing the terminal for `weft run`, where the agent leads no session itself.
        IReadOnlyList<string> command = options.Plain ? WithAgent() : options.Uid is { } uid ? AsUser(uid) : options.Command;
        Pid = Spawner.Start(new SpawnRequest(command[0], [.. command.Skip(1)]) { Group = SpawnGroup.Same });
    }

    public void Signal(int signal)
    {
        if (Pid > 0) { _ = Reaper.Send(Pid, signal); }
    }

    /// <summary>Called for every reaped child; true when it was the application.</summary>
    public bool Ended(int pid)
    {
        if (pid != Pid) { return false; }
        Pid = 0;
        return true;
    }

    // Without a pid namespace nothing else ends the application when the agent is killed.
    private string[] WithAgent() => ["setpriv", "--pdeathsig", "KILL", "--", .. options.Command];

    // posix_spawn cannot change users; setpriv can, and drops every capability with it.
    private string[] AsUser(uint uid) =>
        ["setpriv", $"--reuid={uid}", $"--regid={uid}", "--clear-groups", "--no-new-privs", "--inh-caps=-all", "--", .. options.Command];
}
