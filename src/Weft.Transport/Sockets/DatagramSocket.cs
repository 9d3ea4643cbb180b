using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>A UDP socket on a loop: one receiver, sends that drop when the kernel has no room, as UDP may. Used by its loop only.</summary>
public sealed unsafe class DatagramSocket : IoHandle
{
    private readonly byte[] _sender = new byte[SocketTarget.KernelBytesMax];
    private readonly byte[] _buffer;
    private Action? _receiver;
    private int _senderLength;
    private int _received = -1;

    private DatagramSocket(EventLoop loop, int fd, int datagramBytesMax)
        : base(loop)
    {
        Fd = fd;
        _buffer = GC.AllocateUninitializedArray<byte>(datagramBytesMax, pinned: true);
    }

    /// <summary>The datagram that <see cref="ReceiveAsync"/> brought; valid until the next.</summary>
    public ReadOnlySpan<byte> Datagram => _buffer.AsSpan(0, Math.Max(_received, 0));

    /// <summary>Who sent it, for an answer that takes longer than the next datagram.</summary>
    public System.Net.IPEndPoint? Sender => SocketTarget.ToEndPoint(_sender.AsSpan(0, _senderLength));

    /// <summary>A connected socket's peer said that nobody listens there (ICMP); such a wait ends with an empty datagram.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Takes over a bound descriptor. On the loop.</summary>
    public static DatagramSocket Open(EventLoop loop, int fd, int datagramBytesMax = 4096)
    {
        Sockets.Adopt(fd);
        var socket = new DatagramSocket(loop, fd, datagramBytesMax);
        return loop.Watch(socket) ? socket : throw new IOException($"The loop cannot watch descriptor {fd}.");
    }

    /// <summary>A socket that sends to <paramref name="peer"/> and hears it alone, from a port that the kernel draws. False: there is no way there, or no descriptor. On the loop.</summary>
    public static bool TryConnect(EventLoop loop, SocketTarget peer, [NotNullWhen(true)] out DatagramSocket? socket, int datagramBytesMax = 4096)
    {
        socket = null;
        int fd = Sockets.TryCreate(peer.Family, Flags.SOCK_DGRAM);
        if (fd < 0)
        {
            return false;
        }

        fixed (byte* address = peer.Bytes)
        {
            if (Libc.connect(fd, address, (uint)peer.Bytes.Length) == 0)
            {
                socket = new DatagramSocket(loop, fd, datagramBytesMax);
            }
        }

        if (socket is null || !loop.Watch(socket))
        {
            _ = Libc.close(fd);
            socket = null;
        }

        return socket is not null;
    }

    /// <summary>False once the socket is closed.</summary>
    public Receive ReceiveAsync() => new(this);

    /// <summary>Answers the sender of the last datagram.</summary>
    public void Reply(ReadOnlySpan<byte> datagram)
    {
        fixed (byte* bytes = datagram)
        fixed (byte* to = _sender)
        {
            _ = Libc.sendto(Fd, bytes, (nuint)datagram.Length, Flags.MSG_DONTWAIT | Flags.MSG_NOSIGNAL, to, (uint)_senderLength);
        }
    }

    public void Send(ReadOnlySpan<byte> datagram, SocketTarget to)
    {
        fixed (byte* bytes = datagram)
        fixed (byte* address = to.Bytes)
        {
            _ = Libc.sendto(Fd, bytes, (nuint)datagram.Length, Flags.MSG_DONTWAIT | Flags.MSG_NOSIGNAL, address, (uint)to.Bytes.Length);
        }
    }

    /// <summary>To the peer of a connected socket.</summary>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        fixed (byte* bytes = datagram)
        {
            if (Libc.send(Fd, bytes, (nuint)datagram.Length, Flags.MSG_DONTWAIT | Flags.MSG_NOSIGNAL) < 0)
            {
                IsRefused |= Errno.Last == Errno.ECONNREFUSED;
            }
        }
    }

    /// <summary>Another process reads from the socket now; answers can still be sent. Who waits for a datagram is not resumed.</summary>
    public void StopReceiving()
    {
        if (Fd >= 0)
        {
            Loop.UnwatchShared(this);
            _receiver = null;
        }
    }

    public void Close()
    {
        if (Fd < 0)
        {
            return;
        }

        Loop.UnwatchShared(this);
        _ = Libc.close(Fd);
        Fd = -1;
        _received = -1;
        Wake();
    }

    internal override void OnEvents(uint events)
    {
        if (_receiver is not null && TryReceive())
        {
            Wake();
        }
    }

    private void Wake()
    {
        if (_receiver is { } receiver)
        {
            _receiver = null;
            Loop.Resume(receiver);
        }
    }

    /// <summary>True: a datagram is there, or never will be.</summary>
    private bool TryReceive()
    {
        if (Fd < 0)
        {
            _received = -1;
            return true;
        }

        fixed (byte* buffer = _buffer)
        fixed (byte* sender = _sender)
        {
            uint length = SocketTarget.KernelBytesMax;
            // An ICMP error of an earlier send shows up here once (ip(7)); the datagram behind it still comes.
            nint count = Libc.recvfrom(Fd, buffer, (nuint)_buffer.Length, Flags.MSG_DONTWAIT, sender, &length);
            if (count < 0 && Errno.Last == Errno.ECONNREFUSED)
            {
                IsRefused = true; // connected sockets only (udp(7))
                _received = 0;
                return true;
            }

            if (count < 0 && Errno.Last != Errno.EAGAIN)
            {
                length = SocketTarget.KernelBytesMax;
                count = Libc.recvfrom(Fd, buffer, (nuint)_buffer.Length, Flags.MSG_DONTWAIT, sender, &length);
            }

            if (count < 0)
            {
                return false;
            }

            _received = (int)count;
            _senderLength = (int)length;
            return true;
        }
    }

    public readonly struct Receive : ICriticalNotifyCompletion
    {
        private readonly DatagramSocket _socket;

        internal Receive(DatagramSocket socket) => _socket = socket;

        public bool IsCompleted => _socket.TryReceive();

        public Receive GetAwaiter() => this;

        public bool GetResult() => _socket.Fd >= 0;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => _socket._receiver = continuation;
    }
}
