using System.Buffers.Binary;
using System.Text;

namespace Weft.World.DataPath.Backends;

/// <summary>A server of HTTP/2 that does with each frame what the test says: for what no library's server would do.</summary>
internal sealed class RawHttp2Origin : IDisposable
{
    internal const byte Headers = 1, Settings = 4, Ping = 6;
    private const int PrefaceBytes = 24, FrameHeaderBytes = 9;
    private readonly RawOrigin _origin;

    /// <param name="settings">The payload of its first SETTINGS, sent once the client has sent its own.</param>
    /// <param name="take">Called with each frame that is not SETTINGS.</param>
    internal RawHttp2Origin(byte[] settings, Func<OriginConnection, RawFrame, Task> take) => _origin = new RawOrigin(async c =>
    {
        await c.ReadAsync(PrefaceBytes);
        while (await ReadAsync(c) is { } frame)
        {
            if (frame.Type != Settings)
            {
                await take(c, frame);
            }
            else if ((frame.Flags & 1) == 0)
            {
                await c.SendAsync([.. Frame(Settings, 0, 0, settings), .. Frame(Settings, 1, 0, [])]);
            }
        }

        Ended.TrySetResult();
    });

    internal int Port => _origin.Port;

    internal int Accepted => _origin.Accepted;

    /// <summary>A connection of its client's has ended.</summary>
    internal TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[FrameHeaderBytes + payload.Length];
        frame[1] = (byte)(payload.Length >> 8); // RFC 9113 §4.1; none of ours is longer
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, FrameHeaderBytes);
        return frame;
    }

    public void Dispose() => _origin.Dispose();

    private static async Task<RawFrame?> ReadAsync(OriginConnection connection)
    {
        byte[] header = Encoding.Latin1.GetBytes(await connection.ReadAsync(FrameHeaderBytes));
        if (header.Length < FrameHeaderBytes)
        {
            return null;
        }

        byte[] payload = Encoding.Latin1.GetBytes(await connection.ReadAsync((header[0] << 16) | (header[1] << 8) | header[2]));
        return new RawFrame(header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }
}

internal sealed record RawFrame(byte Type, byte Flags, int Stream, byte[] Payload);
