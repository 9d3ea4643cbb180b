using Weft.Transport;
using Weft.Transport.Processes;

namespace Weft.Proxy.Handover;

/// <summary>
/// The serving process's side of a restart: gives its listeners to the next process, and lets it serve once it can. Until then, and
/// if that never comes, nothing changes here. One attempt, on a thread of its own: its waits would hold a loop.
/// </summary>
/// <remarks>
/// <code>
/// new: Take →            ← Listener (name, socket) …, End
/// new restores its state
/// new: Ready →           ← Granted, and from here on the old one accepts nothing; or Cancelled
/// </code>
/// Both hold the same listening sockets, so a connection that waits in a queue is nobody's yet and is not lost, whichever process ends.
/// </remarks>
internal static class HandoverGiver
{
    private const int StackBytes = 256 << 10;

    /// <param name="socket">To the new process; closed at the end.</param>
    /// <param name="book">The listeners to give.</param>
    /// <param name="isAppReady">Whether the new process may say at once that the application is ready.</param>
    /// <param name="ended">Called once, on the thread: null when the other process serves from now on, otherwise why it does not.</param>
    public static void Start(int socket, ListenerBook book, bool isAppReady, Action<string?> ended) =>
        new Thread(() =>
        {
            string? failure = Run(socket, book, isAppReady);
            Descriptor.Close(socket);
            ended(failure);
        }, StackBytes) { Name = "handover", IsBackground = true }.Start();

    private static string? Run(int socket, ListenerBook book, bool isAppReady)
    {
        long until = Environment.TickCount64 + (long)HandoverTimes.ReadyMax.TotalMilliseconds;
        if (Await(socket, until, HandoverKind.Take) is { } notAsked)
        {
            return notAsked;
        }

        if (!Give(socket, book, isAppReady))
        {
            return "the new process ended while it took the listeners; its log says why";
        }

        return Await(socket, until, HandoverKind.Ready) is { } notReady ? notReady
            : new HandoverMessage(HandoverKind.Granted).Send(socket) ? null
            : "the new process ended as soon as it was ready; its log says why";
    }

    private static string? Await(int socket, long until, HandoverKind kind)
    {
        switch (HandoverMessage.TryReceive(socket, until, out HandoverMessage message, out int descriptor))
        {
            case HandoverWait.Gone:
                return "the new process ended before it was ready; its log says why";
            case HandoverWait.TimedOut:
                string late = $"the new process was not ready within {HandoverTimes.ReadyMax.TotalSeconds:0} s; it may wait for the control plane, its log says for what";
                _ = new HandoverMessage(HandoverKind.Cancelled, late).Send(socket);
                return late;
        }

        Descriptor.Close(descriptor); // a new process has nothing to give
        return message.Kind == kind ? null : "the new process speaks another protocol; stop and start the workload instead";
    }

    private static bool Give(int socket, ListenerBook book, bool isAppReady)
    {
        bool isWhole = true;
        foreach ((string name, int descriptor) in book.DuplicateAsync().GetAwaiter().GetResult())
        {
            isWhole = isWhole && new HandoverMessage(HandoverKind.Listener, name).Send(socket, descriptor);
            Sockets.Close(descriptor);
        }

        return isWhole && new HandoverMessage(HandoverKind.End, isAppReady ? "ready" : "").Send(socket);
    }
}
