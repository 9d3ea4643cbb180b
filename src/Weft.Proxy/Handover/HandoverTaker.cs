using Weft.Transport;
using Weft.Transport.Processes;

namespace Weft.Proxy.Handover;

/// <summary>The new process's side of a restart. Made on the main thread before anything is served; used once.</summary>
/// <remarks>When the process before us dies meanwhile nobody else serves: we go on, with the listeners that came.</remarks>
internal sealed class HandoverTaker
{
    private readonly int _socket;
    private bool _isAlone;

    private HandoverTaker(int socket) => _socket = socket;

    /// <summary>The application was known to be ready; its endpoint must not seem to come and go.</summary>
    public bool WasAppReady { get; private set; }

    /// <summary>Takes the listeners; blocks until all have come.</summary>
    /// <exception cref="IOException">The process before us does not answer: it serves on, and we have no place.</exception>
    public static HandoverTaker Take(int socket, ListenerBook book)
    {
        var taker = new HandoverTaker(socket);
        var listeners = new Dictionary<string, int>(StringComparer.Ordinal);
        try
        {
            taker.Receive(listeners);
        }
        catch
        {
            foreach (int descriptor in listeners.Values)
            {
                Sockets.Close(descriptor);
            }

            Descriptor.Close(socket);
            throw;
        }

        book.Inherit(listeners);
        return taker;
    }

    /// <summary>Says that we can serve. Null: do it; otherwise why we must not. Waits for the other process outside of the loop.</summary>
    public async LoopTask<string?> ClaimAsync(EventLoop loop)
    {
        string? refusal = null;
        var answered = new LoopSignal(loop);
        new Thread(() =>
        {
            refusal = Claim();
            answered.SetFromOutside();
        }) { Name = "handover", IsBackground = true }.Start();
        await answered;
        return refusal;
    }

    /// <summary>The same for a thread that may block.</summary>
    public string? Claim()
    {
        string? refusal = _isAlone || !new HandoverMessage(HandoverKind.Ready).Send(_socket) ? null : AwaitGrant();
        Descriptor.Close(_socket);
        return refusal;
    }

    private string? AwaitGrant()
    {
        long until = Environment.TickCount64 + (long)HandoverTimes.AnswerMax.TotalMilliseconds;
        HandoverWait wait = HandoverMessage.TryReceive(_socket, until, out HandoverMessage message, out int descriptor);
        Descriptor.Close(descriptor);
        return wait switch
        {
            HandoverWait.Gone => null,
            HandoverWait.TimedOut => "the process before this one does not answer",
            _ => message.Kind == HandoverKind.Granted ? null : message.Text,
        };
    }

    private void Receive(Dictionary<string, int> listeners)
    {
        _ = new HandoverMessage(HandoverKind.Take).Send(_socket); // a dead one's last words are read all the same
        while (!_isAlone)
        {
            long until = Environment.TickCount64 + (long)HandoverTimes.AnswerMax.TotalMilliseconds;
            switch (HandoverMessage.TryReceive(_socket, until, out HandoverMessage message, out int descriptor))
            {
                case HandoverWait.Gone:
                    _isAlone = true;
                    return;
                case HandoverWait.TimedOut:
                    throw new IOException("The process before this one does not hand over its listeners; stop and start the workload instead.");
            }

            switch (message.Kind)
            {
                case HandoverKind.Listener when descriptor >= 0:
                    listeners[message.Text] = descriptor;
                    break;
                case HandoverKind.End:
                    WasAppReady = message.Text == "ready";
                    return;
                default:
                    Descriptor.Close(descriptor);
                    throw new IOException($"The process before this one hands nothing over: {message.Text}");
            }
        }
    }
}
