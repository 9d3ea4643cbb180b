using System.Buffers.Binary;

namespace Weft.Telemetry.Buffers;

/// <summary>
/// Bounded ring of byte records from one producing thread to one consuming thread. Nothing waits: a record that does not fit
/// is dropped and counted.
/// </summary>
/// <remarks>A record is its length (4 bytes, little endian) and its bytes, without wrapping; length <see cref="SkipMark"/> means "go on at 0".</remarks>
public sealed class ByteRing
{
    private const int HeadBytes = 4;
    private const int SkipMark = -1;

    private readonly byte[] _bytes;
    private long _written;
    private long _read;
    private long _drops;

    /// <param name="capacity">A power of two; half of it is the longest record.</param>
    public ByteRing(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 64);
        if (!int.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "must be a power of two");
        }

        _bytes = new byte[capacity];
    }

    public long Drops => Volatile.Read(ref _drops);

    public int RecordMax => _bytes.Length / 2;

    public bool IsEmpty => Volatile.Read(ref _read) == Volatile.Read(ref _written);

    /// <summary>Producer. False: dropped and counted.</summary>
    public bool TryWrite(ReadOnlySpan<byte> record)
    {
        int need = HeadBytes + ((record.Length + HeadBytes - 1) & ~(HeadBytes - 1));
        long written = _written;
        int at = (int)(written & (_bytes.Length - 1));
        int tail = _bytes.Length - at;
        int skip = tail < need ? tail : 0;
        if (record.Length > RecordMax || written + skip + need - Volatile.Read(ref _read) > _bytes.Length)
        {
            _drops++;
            return false;
        }

        if (skip > 0)
        {
            // Positions stay multiples of 4, so the mark always fits.
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), SkipMark);
            at = 0;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), record.Length);
        record.CopyTo(_bytes.AsSpan(at + HeadBytes));
        Volatile.Write(ref _written, written + skip + need);
        return true;
    }

    /// <summary>Producer, for a record that could not even be formed.</summary>
    public void CountDrop() => _drops++;

    /// <summary>Consumer. The memory is valid until <see cref="Release"/>.</summary>
    public bool TryPeek(out ReadOnlyMemory<byte> record)
    {
        record = default;
        long read = _read;
        if (read == Volatile.Read(ref _written))
        {
            return false;
        }

        int at = (int)(read & (_bytes.Length - 1));
        int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at));
        if (length == SkipMark)
        {
            Volatile.Write(ref _read, read + _bytes.Length - at);
            at = 0;
            length = BinaryPrimitives.ReadInt32LittleEndian(_bytes);
        }

        record = _bytes.AsMemory(at + HeadBytes, length);
        return true;
    }

    /// <summary>Consumer: the record of the last <see cref="TryPeek"/> is done with.</summary>
    public void Release(int recordLength) =>
        Volatile.Write(ref _read, _read + HeadBytes + ((recordLength + HeadBytes - 1) & ~(HeadBytes - 1)));
}
