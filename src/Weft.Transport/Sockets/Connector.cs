using System.Runtime.CompilerServices;
using Weft.Primitives;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>Dials. On the loop.</summary>
public static class Connector
{
    /// <summary>Connects to <paramref name="target"/>; the outcome says on what it failed.</summary>
    /// <param name="fd">An unconnected non-blocking socket made elsewhere, in another network namespace; -1: one is made here.</param>
    public static async LoopTask<Outcome<LoopConnection>> ConnectAsync(EventLoop loop, SocketTarget target, long timeoutMs, int fd = -1)
    {
        Fault fault = Begin(target, ref fd, out bool pending);
        if (fault != Fault.None)
        {
            return fault;
        }

        LoopConnection connection = LoopConnection.Prepare(loop, fd, isSocket: true);
        if (!connection.TryWatch())
        {
            return Fault.OutOfDescriptors;
        }

        if (pending)
        {
            var deadline = new ConnectDeadline(connection);
            loop.Schedule(deadline, timeoutMs);
            await new Connected(connection);
            loop.Cancel(deadline);
            fault = deadline.Passed ? Fault.UpstreamConnectTimedOut : Result(connection);
            if (fault != Fault.None)
            {
                connection.Close();
                return fault;
            }
        }

        return connection;
    }

    private static unsafe Fault Begin(SocketTarget target, ref int fd, out bool pending)
    {
        pending = false;
        if (fd < 0)
        {
            fd = Sockets.TryCreate(target.Family, Flags.SOCK_STREAM);
            if (fd < 0)
            {
                return ToFault(Errno.Last);
            }
        }

        if (!target.IsUnix)
        {
            Sockets.DisableNagle(fd);
        }

        fixed (byte* address = target.Bytes)
        {
            if (Libc.connect(fd, address, (uint)target.Bytes.Length) == 0)
            {
                return Fault.None;
            }
        }

        int errno = Errno.Last;
        if (errno is Errno.EINPROGRESS or Errno.EINTR)
        {
            pending = true;
            return Fault.None;
        }

        _ = Libc.close(fd);
        fd = -1;
        return ToFault(errno);
    }

    private static unsafe Fault Result(LoopConnection connection)
    {
        if (connection.IsClosed)
        {
            return Fault.UpstreamUnreachable;
        }

        int error = 0;
        uint length = sizeof(int);
        _ = Libc.getsockopt(connection.Fd, Flags.SOL_SOCKET, Flags.SO_ERROR, &error, &length);
        return error == 0 ? Fault.None : ToFault(error);
    }

    private static Fault ToFault(int errno) => errno switch
    {
        Errno.ECONNREFUSED or Errno.ENOENT or Errno.ECONNRESET or Errno.ECONNABORTED or Errno.EAGAIN => Fault.UpstreamRefused,
        Errno.ETIMEDOUT => Fault.UpstreamConnectTimedOut,
        Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM => Fault.OutOfDescriptors,
        _ => Fault.UpstreamUnreachable,
    };

    private sealed class ConnectDeadline(LoopConnection connection) : LoopTimer
    {
        internal bool Passed { get; private set; }

        protected internal override void OnExpired()
        {
            Passed = true;
            connection.Close();
        }
    }

    private readonly struct Connected(LoopConnection connection) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Connected GetAwaiter() => this;

        public void GetResult()
        {
            // The socket's error says how it went.
        }

        public void OnCompleted(Action continuation) => connection.OnConnected(continuation);

        public void UnsafeOnCompleted(Action continuation) => connection.OnConnected(continuation);
    }
}
