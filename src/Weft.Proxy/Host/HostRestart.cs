using Weft.Proxy.Handover;
using Weft.Telemetry.Logging;
using Weft.Transport;
using Weft.Transport.Processes;

namespace Weft.Proxy.Host;

/// <summary>
/// Hands this proxy's place to another process of it: who asks, who starts the other one, and what became of it. One restart at a time. Control
/// loop only.
/// </summary>
/// <param name="host">Whose place it is.</param>
/// <param name="restartFd">Where a supervisor passes the socket to the next process; -1: none does.</param>
/// <param name="self">How the proxy starts itself where nobody supervises it; null: it cannot.</param>
internal sealed class HostRestart(ProxyHost host, int restartFd, SelfRestart? self, EventLog log)
{
    private readonly List<Action<string?>> _waiting = [];

    public bool IsUnderWay { get; private set; }

    /// <summary>Begins one. Null: <paramref name="ended"/> is called with its end (null: another process serves), on this loop; otherwise why not.</summary>
    public string? TryBegin(Action<string?> ended)
    {
        string? refusal = IsUnderWay ? "a restart is under way already; wait for its end"
            : host.HasLeft ? "another process serves in this one's place already"
            : !host.IsReady ? $"the proxy is not ready itself: {host.Control.Status.LastProblem}"
            : host.Path.Parts.Draining.IsInboundDraining ? "the proxy is about to stop"
            : null;
        if (refusal is not null)
        {
            return refusal;
        }

        if (host.Supervisor is { } supervisor)
        {
            IsUnderWay = true;
            _waiting.Add(ended);
            supervisor.AskRestart();
            return null;
        }

        refusal = self is null ? "nobody supervises this proxy, and its bootstrap came by a descriptor; whoever started it must start it again"
            : self.TryBegin(host.Path.Listeners, host.IsAppReady, failure => host.Loop.Post(() => End(failure)));
        if (refusal is null)
        {
            IsUnderWay = true;
            _waiting.Add(ended);
        }

        return refusal;
    }

    /// <summary>The supervisor starts the other process: its socket waits for us.</summary>
    public void Give()
    {
        Span<byte> unused = stackalloc byte[1];
        Span<int> sockets = stackalloc int[1];
        if (restartFd < 0 || DescriptorMessages.Receive(restartFd, unused, sockets, out int count) <= 0 || count == 0)
        {
            End("the supervisor passed no socket");
            return;
        }

        if (host.HasLeft)
        {
            Descriptor.Close(sockets[0]); // its end tells the other process that there is nothing to take
            return;
        }

        IsUnderWay = true;
        HandoverGiver.Start(sockets[0], host.Path.Listeners, host.IsAppReady, failure => host.Loop.Post(() => End(failure)));
    }

    /// <summary>The supervisor says that it came to nothing.</summary>
    public void Fail(string why) => End(why);

    private void End(string? failure)
    {
        if (!IsUnderWay)
        {
            return; // told before, by the other side
        }

        IsUnderWay = false;
        if (failure is null)
        {
            host.Loop.Supervise(host.LeaveAsync(), "leave");
        }
        else
        {
            log.Write(HostLog.RestartFailed, $"{failure}; this process serves on");
            host.Supervisor?.Notice($"The restart came to nothing: {failure}. The running proxy serves on.");
        }

        foreach (Action<string?> waiter in _waiting)
        {
            waiter(failure);
        }

        _waiting.Clear();
    }
}
