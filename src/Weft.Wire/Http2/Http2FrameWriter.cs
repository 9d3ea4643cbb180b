using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>Writes frames; each method says how many bytes it wrote into the caller's room.</summary>
public static class Http2FrameWriter
{
    public const int ResetStreamBytes = Http2Frame.HeaderBytes + 4;
    public const int WindowUpdateBytes = Http2Frame.HeaderBytes + 4;
    public const int PingBytes = Http2Frame.HeaderBytes + 8;
    public const int GoAwayBytes = Http2Frame.HeaderBytes + 8;

    public static int SettingsBytes(int count) => Http2Frame.HeaderBytes + (count * Http2Setting.Bytes);

    public static int Header(Span<byte> output, int length, Http2FrameType type, Http2Flags flags, int streamId)
    {
        output[2] = (byte)length;
        output[1] = (byte)(length >> 8);
        output[0] = (byte)(length >> 16);
        output[3] = (byte)type;
        output[4] = (byte)flags;
        BinaryPrimitives.WriteUInt32BigEndian(output[5..], (uint)streamId);
        return Http2Frame.HeaderBytes;
    }

    public static int Settings(Span<byte> output, params ReadOnlySpan<Http2Setting> settings)
    {
        int at = Header(output, settings.Length * Http2Setting.Bytes, Http2FrameType.Settings, Http2Flags.None, 0);
        foreach (Http2Setting setting in settings)
        {
            BinaryPrimitives.WriteUInt16BigEndian(output[at..], (ushort)setting.Id);
            BinaryPrimitives.WriteUInt32BigEndian(output[(at + 2)..], setting.Value);
            at += Http2Setting.Bytes;
        }

        return at;
    }

    public static int SettingsAck(Span<byte> output) => Header(output, 0, Http2FrameType.Settings, Http2Flags.Ack, 0);

    public static int Ping(Span<byte> output, ReadOnlySpan<byte> eightBytes, bool isAck)
    {
        _ = Header(output, 8, Http2FrameType.Ping, isAck ? Http2Flags.Ack : Http2Flags.None, 0);
        eightBytes[..8].CopyTo(output[Http2Frame.HeaderBytes..]);
        return PingBytes;
    }

    public static int ResetStream(Span<byte> output, int streamId, Http2ErrorCode error)
    {
        _ = Header(output, 4, Http2FrameType.ResetStream, Http2Flags.None, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(output[Http2Frame.HeaderBytes..], (uint)error);
        return ResetStreamBytes;
    }

    public static int WindowUpdate(Span<byte> output, int streamId, int increment)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(increment);
        _ = Header(output, 4, Http2FrameType.WindowUpdate, Http2Flags.None, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(output[Http2Frame.HeaderBytes..], (uint)increment);
        return WindowUpdateBytes;
    }

    public static int GoAway(Span<byte> output, int lastStreamId, Http2ErrorCode error)
    {
        _ = Header(output, 8, Http2FrameType.GoAway, Http2Flags.None, 0);
        BinaryPrimitives.WriteUInt32BigEndian(output[Http2Frame.HeaderBytes..], (uint)lastStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(output[(Http2Frame.HeaderBytes + 4)..], (uint)error);
        return GoAwayBytes;
    }
}
