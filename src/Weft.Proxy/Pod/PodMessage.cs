using System.Buffers.Binary;
using System.Text;
using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

internal enum PodMessageKind : byte
{
    /// <summary>Proxy: here I am, give me the listeners.</summary>
    Hello = 1,

    /// <summary>Agent: outbound 127.0.0.1, outbound ::1, DNS UDP, DNS TCP, as descriptors in this order.</summary>
    Listeners = 2,

    /// <summary>Proxy: make me that many unconnected sockets.</summary>
    Want = 3,

    /// <summary>Agent: here they are.</summary>
    Sockets = 4,

    /// <summary>Agent: that did not work, the text says why.</summary>
    Refused = 5,

    /// <summary>Proxy: speak to me over this socket, which is mine alone. During a restart two proxies live, and each must get its own answers.</summary>
    Attach = 6,
}

/// <summary>
/// One message between proxy and agent: kind, count, two spare bytes, session (8 bytes, little-endian), text. The session
/// is drawn by each proxy process, so that a restarted one does not take answers meant for the one that died.
/// </summary>
internal readonly record struct PodMessage(PodMessageKind Kind, ulong Session, byte Count = 0, string Text = "")
{
    public const int BytesMax = HeaderBytes + TextBytesMax;
    public const int ListenerCount = 4;
    private const int HeaderBytes = 12;
    private const int TextBytesMax = 500;

    public bool Send(int socket, ReadOnlySpan<int> descriptors = default)
    {
        Span<byte> bytes = stackalloc byte[BytesMax];
        bytes[0] = (byte)Kind;
        bytes[1] = Count;
        bytes[2] = 0;
        bytes[3] = 0;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[4..], Session);
        string text = Text.Length > TextBytesMax / 4 ? Text[..(TextBytesMax / 4)] : Text;
        int length = HeaderBytes + Encoding.UTF8.GetBytes(text, bytes[HeaderBytes..]);
        return DescriptorMessages.Send(socket, bytes[..length], descriptors);
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out PodMessage message)
    {
        message = default;
        if (bytes.Length < HeaderBytes || bytes[0] is 0 or > (byte)PodMessageKind.Attach) { return false; }
        message = new PodMessage(
            (PodMessageKind)bytes[0], BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]), bytes[1], Encoding.UTF8.GetString(bytes[HeaderBytes..]));
        return true;
    }
}
