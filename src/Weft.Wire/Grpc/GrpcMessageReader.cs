using System.Buffers.Binary;

namespace Weft.Wire.Grpc;

/// <summary>Length-Prefixed-Message → Compressed-Flag Message-Length Message (gRPC over HTTP/2, "Requests").</summary>
public static class GrpcMessageReader
{
    /// <summary>One byte of flag, four of length.</summary>
    public const int PrefixBytes = 5;

    /// <summary>Reads one whole message; <paramref name="input"/> moves forward only on <see cref="ReadStatus.Done"/>.</summary>
    public static ReadStatus TryRead(ref ReadOnlySpan<byte> input, int messageBytesMax, out ReadOnlySpan<byte> message, out bool isCompressed)
    {
        message = default;
        isCompressed = false;
        if (input.IsEmpty)
        {
            return ReadStatus.NeedMore;
        }

        if (input[0] > 1)
        {
            return ReadStatus.Malformed;
        }

        if (input.Length < PrefixBytes)
        {
            return ReadStatus.NeedMore;
        }

        isCompressed = input[0] == 1;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(input[1..]);
        if (length > (uint)messageBytesMax)
        {
            return ReadStatus.TooLarge;
        }

        if (input.Length - PrefixBytes < length)
        {
            return ReadStatus.NeedMore;
        }

        message = input.Slice(PrefixBytes, (int)length);
        input = input[(PrefixBytes + (int)length)..];
        return ReadStatus.Done;
    }

    /// <summary>Writes the prefix of an uncompressed message.</summary>
    public static int WritePrefix(Span<byte> output, int length)
    {
        output[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(output[1..], (uint)length);
        return PrefixBytes;
    }
}
