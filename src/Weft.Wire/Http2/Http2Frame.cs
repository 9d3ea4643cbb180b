using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>One frame whose checks passed. Its content is what remains without padding and priority.</summary>
public readonly ref struct Http2Frame
{
    /// <summary>RFC 9113 §4.1.</summary>
    public const int HeaderBytes = 9;

    /// <summary>§6.5.2: the smallest and the default SETTINGS_MAX_FRAME_SIZE.</summary>
    public const int PayloadBytesDefault = 1 << 14;

    public const int PayloadBytesCeiling = (1 << 24) - 1;

    /// <summary>§6.9.1: a window is never larger.</summary>
    public const int WindowMax = int.MaxValue;

    internal Http2Frame(Http2FrameType type, Http2Flags flags, int streamId, ReadOnlySpan<byte> content, int payloadLength)
    {
        Type = type;
        Flags = flags;
        StreamId = streamId;
        Content = content;
        PayloadLength = payloadLength;
    }

    public Http2FrameType Type { get; }

    public Http2Flags Flags { get; }

    public int StreamId { get; }

    /// <summary>DATA: the data. HEADERS, PUSH_PROMISE, CONTINUATION: the block's fragment. SETTINGS: the parameters. PING: the eight bytes. GOAWAY: the debug data.</summary>
    public ReadOnlySpan<byte> Content { get; }

    /// <summary>With padding: what DATA takes from the windows (§6.9).</summary>
    public int PayloadLength { get; }

    /// <summary>RST_STREAM and GOAWAY.</summary>
    public Http2ErrorCode ErrorCode { get; internal init; }

    /// <summary>GOAWAY: the last stream that was or may be processed.</summary>
    public int LastStreamId { get; internal init; }

    /// <summary>WINDOW_UPDATE; 0 is an error whose scope depends on the stream (§6.9), which the connection decides.</summary>
    public int WindowIncrement { get; internal init; }

    public bool IsEndStream => Type is Http2FrameType.Data or Http2FrameType.Headers && (Flags & Http2Flags.EndStream) != 0;

    public bool IsEndHeaders => (Flags & Http2Flags.EndHeaders) != 0;

    public bool IsAck => Type is Http2FrameType.Settings or Http2FrameType.Ping && (Flags & Http2Flags.Ack) != 0;

    /// <summary>The number of parameters in a SETTINGS frame.</summary>
    public int SettingsCount => Content.Length / Http2Setting.Bytes;

    public Http2Setting Setting(int index)
    {
        ReadOnlySpan<byte> at = Content.Slice(index * Http2Setting.Bytes, Http2Setting.Bytes);
        return new Http2Setting((Http2SettingId)BinaryPrimitives.ReadUInt16BigEndian(at), BinaryPrimitives.ReadUInt32BigEndian(at[2..]));
    }
}
