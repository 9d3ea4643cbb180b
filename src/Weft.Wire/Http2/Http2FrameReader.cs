using System.Buffers.Binary;

namespace Weft.Wire.Http2;

/// <summary>Reads frames and makes every check of RFC 9113 §6 that needs no memory of other frames.</summary>
/// <remarks>
/// <code>
/// +-----------------------------------------------+
/// |                 Length (24)                   |
/// +---------------+---------------+---------------+
/// |   Type (8)    |   Flags (8)   |
/// +-+-------------+---------------+-------------------------------+
/// |R|                 Stream Identifier (31)                      |
/// +=+=============================================================+
/// |                   Frame Payload (0...)                      ...
/// </code>
/// </remarks>
public static class Http2FrameReader
{
    /// <summary>What a client sends first (§3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>
    /// Reads one frame; <paramref name="input"/> moves forward only on <see cref="ReadStatus.Done"/>. Otherwise <paramref name="error"/>
    /// ends the connection, unless <paramref name="isStreamError"/>: then the frame was consumed and its stream ends.
    /// </summary>
    /// <param name="payloadBytesMax">What we advertised as SETTINGS_MAX_FRAME_SIZE.</param>
    public static ReadStatus TryRead(
        ref ReadOnlySpan<byte> input, int payloadBytesMax, out Http2Frame frame, out Http2ErrorCode error, out bool isStreamError)
    {
        frame = default;
        error = Http2ErrorCode.NoError;
        isStreamError = false;
        if (input.Length < Http2Frame.HeaderBytes)
        {
            return ReadStatus.NeedMore;
        }

        int length = (input[0] << 16) | (input[1] << 8) | input[2];
        if (length > payloadBytesMax)
        {
            error = Http2ErrorCode.FrameSizeError;
            return ReadStatus.TooLarge;
        }

        var type = (Http2FrameType)input[3];
        var flags = (Http2Flags)input[4];
        int stream = (int)(BinaryPrimitives.ReadUInt32BigEndian(input[5..]) & 0x7FFF_FFFF);
        error = CheckHead(type, flags, stream, length, out isStreamError);
        if (error is not Http2ErrorCode.NoError && !isStreamError)
        {
            return ReadStatus.Malformed;
        }

        if (input.Length < Http2Frame.HeaderBytes + length)
        {
            error = Http2ErrorCode.NoError;
            isStreamError = false;
            return ReadStatus.NeedMore;
        }

        ReadOnlySpan<byte> payload = input.Slice(Http2Frame.HeaderBytes, length);
        if (isStreamError)
        {
            frame = new Http2Frame(type, flags, stream, default, length);
            input = input[(Http2Frame.HeaderBytes + length)..];
            return ReadStatus.Malformed;
        }

        if (!TryContent(type, flags, payload, out int start, out int end) || !TryFrame(type, flags, stream, payload, start, end, out frame))
        {
            error = Http2ErrorCode.ProtocolError;
            return ReadStatus.Malformed;
        }

        input = input[(Http2Frame.HeaderBytes + length)..];
        return ReadStatus.Done;
    }

    /// <summary>Length and stream of each type, known before the payload is.</summary>
    private static Http2ErrorCode CheckHead(Http2FrameType type, Http2Flags flags, int stream, int length, out bool isStreamError)
    {
        isStreamError = false;
        bool needsStream = type is Http2FrameType.Data or Http2FrameType.Headers or Http2FrameType.Priority or Http2FrameType.ResetStream
            or Http2FrameType.PushPromise or Http2FrameType.Continuation;
        bool needsConnection = type is Http2FrameType.Settings or Http2FrameType.Ping or Http2FrameType.GoAway;
        if ((needsStream && stream == 0) || (needsConnection && stream != 0))
        {
            return Http2ErrorCode.ProtocolError;
        }

        switch (type)
        {
            case Http2FrameType.Priority when length != 5:
                isStreamError = true; // §6.3
                return Http2ErrorCode.FrameSizeError;
            case Http2FrameType.ResetStream or Http2FrameType.WindowUpdate when length != 4:
            case Http2FrameType.Ping when length != 8:
            case Http2FrameType.GoAway when length < 8:
            case Http2FrameType.Settings when length % Http2Setting.Bytes != 0 || ((flags & Http2Flags.Ack) != 0 && length != 0):
                return Http2ErrorCode.FrameSizeError;
            default:
                return Http2ErrorCode.NoError;
        }
    }

    /// <summary>Leaves out padding (§6.1), priority (§6.2) and the promised stream (§6.6).</summary>
    private static bool TryContent(Http2FrameType type, Http2Flags flags, ReadOnlySpan<byte> payload, out int start, out int end)
    {
        start = 0;
        end = payload.Length;
        if (type is not (Http2FrameType.Data or Http2FrameType.Headers or Http2FrameType.PushPromise))
        {
            return true;
        }

        if ((flags & Http2Flags.Padded) != 0)
        {
            if (payload.IsEmpty)
            {
                return false;
            }

            start = 1;
            end -= payload[0];
        }

        start += type is Http2FrameType.Headers && (flags & Http2Flags.Priority) != 0 ? 5 : 0;
        start += type is Http2FrameType.PushPromise ? 4 : 0;
        return start <= end;
    }

    private static bool TryFrame(
        Http2FrameType type, Http2Flags flags, int stream, ReadOnlySpan<byte> payload, int start, int end, out Http2Frame frame)
    {
        switch (type)
        {
            case Http2FrameType.ResetStream:
                frame = new Http2Frame(type, flags, stream, default, payload.Length) { ErrorCode = ReadError(payload) };
                return true;
            case Http2FrameType.GoAway:
                frame = new Http2Frame(type, flags, stream, payload[8..], payload.Length)
                {
                    LastStreamId = (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF),
                    ErrorCode = ReadError(payload[4..]),
                };
                return true;
            case Http2FrameType.WindowUpdate:
                frame = new Http2Frame(type, flags, stream, default, payload.Length)
                {
                    WindowIncrement = (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF),
                };
                return true;
            default:
                frame = new Http2Frame(type, flags, stream, payload[start..end], payload.Length);
                return true;
        }
    }

    private static Http2ErrorCode ReadError(ReadOnlySpan<byte> payload) => (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload);
}
