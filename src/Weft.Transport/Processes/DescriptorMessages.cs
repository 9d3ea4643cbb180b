namespace Weft.Transport.Processes;

/// <summary>Messages with descriptors over a socket pair (unix(7), SCM_RIGHTS). Blocking or not as the socket is.</summary>
public static unsafe class DescriptorMessages
{
    /// <summary>The kernel takes 253 in one message (SCM_MAX_FD).</summary>
    public const int DescriptorsMax = 64;

    // struct cmsghdr { size_t len; int level; int type; } and data aligned to 8.
    private const int HeaderBytes = 16;
    private const int ControlBytes = HeaderBytes + (DescriptorsMax * sizeof(int));

    /// <summary>False when the other end is gone. The descriptors stay the caller's: the kernel makes its own copies.</summary>
    public static bool Send(int socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, DescriptorsMax);
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* data = bytes)
        {
            var vector = new ProcessCalls.Vector { Base = data, Length = (nuint)bytes.Length };
            var message = new ProcessCalls.Message { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                int length = HeaderBytes + (descriptors.Length * sizeof(int));
                *(nuint*)control = (nuint)length;
                *(int*)(control + 8) = ProcessCalls.SOL_SOCKET;
                *(int*)(control + 12) = ProcessCalls.SCM_RIGHTS;
                descriptors.CopyTo(new Span<int>(control + HeaderBytes, descriptors.Length));
                message.Control = control;
                message.ControlLength = (nuint)((length + 7) & ~7);
            }

            while (true)
            {
                if (ProcessCalls.sendmsg(socket, &message, ProcessCalls.MSG_NOSIGNAL) >= 0) { return true; }
                if (ProcessCalls.Error != ProcessCalls.EINTR) { return false; }
            }
        }
    }

    /// <summary>
    /// Receives one message. Returns its bytes, 0 at the end, -1 when none is there or the socket failed. The
    /// descriptors are the caller's to close, and are close-on-exec.
    /// </summary>
    public static int Receive(int socket, Span<byte> into, Span<int> descriptors, out int descriptorCount)
    {
        descriptorCount = 0;
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* data = into)
        {
            var vector = new ProcessCalls.Vector { Base = data, Length = (nuint)into.Length };
            var message = new ProcessCalls.Message { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
            nint n;
            do
            {
                n = ProcessCalls.recvmsg(socket, &message, ProcessCalls.MSG_CMSG_CLOEXEC);
            }
            while (n < 0 && ProcessCalls.Error == ProcessCalls.EINTR);
            if (n < 0) { return -1; }
            if (message.ControlLength >= HeaderBytes && *(int*)(control + 8) == ProcessCalls.SOL_SOCKET && *(int*)(control + 12) == ProcessCalls.SCM_RIGHTS)
            {
                var received = new ReadOnlySpan<int>(control + HeaderBytes, (int)(*(nuint*)control - HeaderBytes) / sizeof(int));
                foreach (int fd in received)
                {
                    if (descriptorCount < descriptors.Length) { descriptors[descriptorCount++] = fd; }
                    else { Descriptor.Close(fd); }
                }
            }

            return (int)n;
        }
    }
}
