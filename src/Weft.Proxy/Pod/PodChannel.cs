using System.Collections.Concurrent;
using System.Security.Cryptography;
using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

/// <summary>What the agent made inside the pod for the proxy. The descriptors are the taker's.</summary>
/// <param name="OutboundTcp4">Listens on 127.0.0.1:15001; redirected connections arrive here.</param>
/// <param name="OutboundTcp6">The same on [::1]:15001, or -1 where the kernel has no IPv6.</param>
/// <param name="DnsUdp">127.0.0.1:53.</param>
/// <param name="DnsTcp">127.0.0.1:53.</param>
public sealed record PodListeners(int OutboundTcp4, int OutboundTcp6, int DnsUdp, int DnsTcp);

/// <summary>
/// The proxy's end of the channel to the agent inside the pod. Keeps a stock of unconnected sockets that were made
/// inside, to reach the application at 127.0.0.1. One per proxy; all members may be called from any thread.
/// </summary>
/// <remarks>
/// A thread of its own reads the channel: a stock is taken from once per connection, not per request, and a loop must
/// not block on recvmsg with descriptors.
/// </remarks>
public sealed class PodChannel : IDisposable
{
    /// <summary>Sockets kept ready. More wait idle in the kernel (about 2 KiB each), fewer make a burst of connections wait for the agent.</summary>
    public const int StockSize = 64;
    private const int RefillBelow = 32;
    private const int BatchMax = 32;
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);

    private readonly int _fd;
    private readonly ulong _session;
    private readonly ConcurrentQueue<int> _stock = new();
    private readonly ConcurrentQueue<Action> _waiting = new();
    private int _stocked;
    private int _asked;
    private volatile bool _closed;

    private PodChannel(int fd)
    {
        _fd = fd;
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        _session = BitConverter.ToUInt64(random);
    }

    /// <summary>True once the agent is gone; the pod is over then.</summary>
    public bool IsClosed => _closed;

    /// <summary>Called on the channel's thread with a sentence for the log.</summary>
    public Action<string>? Refused { get; set; }

    /// <summary>Says Hello and waits for the listeners; then keeps the stock filled. The inherited descriptor is closed.</summary>
    /// <exception cref="IOException">The agent does not answer.</exception>
    public static (PodChannel Channel, PodListeners Listeners) Open(int fd)
    {
        PodChannel channel = Attach(fd);
        try
        {
            PodListeners listeners = channel.Hello();
            channel.Ask();
            new Thread(channel.Receive) { Name = "pod-channel", IsBackground = true }.Start();
            return (channel, listeners);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>A socket of its own to the agent, made over the inherited one: every proxy of the pod inherits that, a dying one beside its successor.</summary>
    private static PodChannel Attach(int inherited)
    {
        var (ours, theirs) = Descriptor.MessagePair();
        using (theirs)
        {
            var channel = new PodChannel((int)ours.DangerousGetHandle());
            ours.SetHandleAsInvalid(); // the channel closes it
            bool isSent = new PodMessage(PodMessageKind.Attach, channel._session).Send(inherited, [(int)theirs.DangerousGetHandle()]);
            Descriptor.Close(inherited);
            return isSent ? channel : throw new IOException("The pod agent is gone; the supervisor starts the pod again.");
        }
    }

    /// <summary>Takes one socket made inside the pod (IPv4, non-blocking, not connected); it is the caller's.</summary>
    public bool TryTake(out int fd)
    {
        bool taken = _stock.TryDequeue(out fd);
        if (taken) { Interlocked.Decrement(ref _stocked); }
        else { fd = -1; }
        if (Volatile.Read(ref _stocked) < RefillBelow) { Ask(); }
        return taken;
    }

    /// <summary>
    /// Calls back once, on another thread, when sockets have arrived or the channel is closed: for whoever
    /// <see cref="TryTake"/> left with nothing. Take again then; somebody else may have been quicker.
    /// </summary>
    public void WhenRefilled(Action refilled)
    {
        _waiting.Enqueue(refilled);
        if (_closed || Volatile.Read(ref _stocked) > 0) { WakeAll(); }
    }

    public void Dispose()
    {
        if (_closed) { return; }
        _closed = true;
        Descriptor.Shutdown(_fd); // ends the thread's recvmsg; it closes the descriptor
        while (_stock.TryDequeue(out int fd)) { Descriptor.Close(fd); }
        WakeAll();
    }

    private PodListeners Hello()
    {
        if (!new PodMessage(PodMessageKind.Hello, _session).Send(_fd)) { throw new IOException("The pod agent is gone; the supervisor starts the pod again."); }
        var ready = new Readiness(_fd);
        byte[] bytes = new byte[PodMessage.BytesMax];
        int[] descriptors = new int[DescriptorMessages.DescriptorsMax];
        long until = Environment.TickCount64 + (long)HelloTimeout.TotalMilliseconds;
        while (Environment.TickCount64 < until)
        {
            ready.Wait((int)(until - Environment.TickCount64));
            if (!ready[0]) { continue; }
            int n = DescriptorMessages.Receive(_fd, bytes, descriptors, out int count);
            if (n == 0) { throw new IOException("The pod agent is gone; the supervisor starts the pod again."); }
            if (n < 0 || !PodMessage.TryRead(bytes.AsSpan(0, n), out PodMessage message) || message.Session != _session)
            {
                CloseAll(descriptors.AsSpan(0, count)); // meant for the proxy before us
                continue;
            }

            if (message.Kind == PodMessageKind.Refused) { throw new IOException($"The pod agent has no listeners: {message.Text}"); }
            if (message.Kind == PodMessageKind.Listeners && TryAccept(message, descriptors.AsSpan(0, count), out PodListeners? listeners)) { return listeners; }
        }

        throw new IOException($"The pod agent did not answer in {HelloTimeout.TotalSeconds:0} s; look at the pod's log.");
    }

    // Count is a bit per listener that exists, in the order of PodListeners.
    private static bool TryAccept(PodMessage message, ReadOnlySpan<int> descriptors, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PodListeners? listeners)
    {
        int next = 0;
        Span<int> byPlace = stackalloc int[PodMessage.ListenerCount];
        for (int place = 0; place < byPlace.Length; place++)
        {
            bool exists = (message.Count & (1 << place)) != 0 && next < descriptors.Length;
            byPlace[place] = exists ? descriptors[next++] : -1;
        }

        listeners = new PodListeners(byPlace[0], byPlace[1], byPlace[2], byPlace[3]);
        return listeners.OutboundTcp4 >= 0;
    }

    private void Ask()
    {
        if (_closed || Interlocked.CompareExchange(ref _asked, 1, 0) != 0) { return; }
        int missing = Math.Min(BatchMax, StockSize - Volatile.Read(ref _stocked));
        if (missing <= 0 || !new PodMessage(PodMessageKind.Want, _session, (byte)missing).Send(_fd)) { Volatile.Write(ref _asked, 0); }
    }

    private void Receive()
    {
        byte[] bytes = new byte[PodMessage.BytesMax];
        int[] descriptors = new int[DescriptorMessages.DescriptorsMax];
        while (!_closed)
        {
            int n = DescriptorMessages.Receive(_fd, bytes, descriptors, out int count);
            if (n <= 0) { break; }
            ReadOnlySpan<int> received = descriptors.AsSpan(0, count);
            bool ours = PodMessage.TryRead(bytes.AsSpan(0, n), out PodMessage message) && message.Session == _session;
            if (ours && message.Kind == PodMessageKind.Sockets)
            {
                foreach (int fd in received) { _stock.Enqueue(fd); }
                Interlocked.Add(ref _stocked, count);
                Answered();
            }
            else
            {
                CloseAll(received);
                if (ours && message.Kind == PodMessageKind.Refused)
                {
                    Refused?.Invoke($"The pod agent made no sockets: {message.Text}");
                    Answered();
                }
            }
        }

        _closed = true;
        Descriptor.Close(_fd);
        WakeAll();
    }

    private void Answered()
    {
        Volatile.Write(ref _asked, 0);
        WakeAll();
        if (Volatile.Read(ref _stocked) < RefillBelow) { Ask(); }
    }

    private void WakeAll()
    {
        for (int i = _waiting.Count; i > 0 && _waiting.TryDequeue(out Action? waiter); i--) { waiter(); }
    }

    private static void CloseAll(ReadOnlySpan<int> descriptors)
    {
        foreach (int fd in descriptors) { Descriptor.Close(fd); }
    }
}
