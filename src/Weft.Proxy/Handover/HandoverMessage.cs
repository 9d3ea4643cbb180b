using System.Text;
using Weft.Transport.Processes;

namespace Weft.Proxy.Handover;

internal enum HandoverKind : byte
{
    /// <summary>New process: give me your listeners.</summary>
    Take = 1,

    /// <summary>Old process: one listening socket, by its name.</summary>
    Listener = 2,

    /// <summary>Old process: that was all. The text is "ready" when the application was known to be.</summary>
    End = 3,

    /// <summary>New process: I have what I need to serve.</summary>
    Ready = 4,

    /// <summary>Old process: then serve; I accept nothing more.</summary>
    Granted = 5,

    /// <summary>Old process: too late, I go on; the text says why.</summary>
    Cancelled = 6,
}

/// <summary>One message between the process that serves and the one that will: kind, UTF-8 text, at most one descriptor beside it.</summary>
internal readonly record struct HandoverMessage(HandoverKind Kind, string Text = "")
{
    private const int TextBytesMax = 512;
    private const int BytesMax = 1 + TextBytesMax;

    /// <summary>False when the other process is gone, or the text is longer than a name or reason may be.</summary>
    public bool Send(int socket, int descriptor = -1)
    {
        if (Encoding.UTF8.GetByteCount(Text) > TextBytesMax)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[BytesMax];
        bytes[0] = (byte)Kind;
        int length = 1 + Encoding.UTF8.GetBytes(Text, bytes[1..]);
        return DescriptorMessages.Send(socket, bytes[..length], descriptor < 0 ? [] : [descriptor]);
    }

    /// <summary>Waits for one message, at most until <paramref name="until"/> on <see cref="Environment.TickCount64"/>. The descriptor, or -1, is the caller's.</summary>
    public static HandoverWait TryReceive(int socket, long until, out HandoverMessage message, out int descriptor)
    {
        message = default;
        descriptor = -1;
        var ready = new Readiness(socket);
        while (!ready[0])
        {
            long left = until - Environment.TickCount64;
            if (left <= 0)
            {
                return HandoverWait.TimedOut;
            }

            ready.Wait((int)Math.Min(left, int.MaxValue));
        }

        Span<byte> bytes = stackalloc byte[BytesMax];
        Span<int> descriptors = stackalloc int[1];
        int length = DescriptorMessages.Receive(socket, bytes, descriptors, out int count);
        descriptor = count > 0 ? descriptors[0] : -1;
        if (length <= 0)
        {
            return HandoverWait.Gone;
        }

        message = new HandoverMessage((HandoverKind)bytes[0], Encoding.UTF8.GetString(bytes[1..length]));
        return HandoverWait.Message;
    }
}

internal enum HandoverWait
{
    Message,
    TimedOut,

    /// <summary>The other process has ended.</summary>
    Gone,
}
