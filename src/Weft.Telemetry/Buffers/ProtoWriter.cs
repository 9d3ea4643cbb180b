using System.Buffers.Binary;
using System.Text;

namespace Weft.Telemetry.Buffers;

/// <summary>Writes protobuf fields into a span without allocating (protobuf.dev/programming-guides/encoding). Default values are left out, as proto3 does.</summary>
public ref struct ProtoWriter(Span<byte> destination)
{
    /// <summary>Length prefixes of nested messages are reserved with this many bytes and patched, padded, when they end.</summary>
    private const int NestedLengthBytes = 3;

    private readonly Span<byte> _destination = destination;
    private int _length;

    public bool IsTooLong { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[.._length];

    public void Varint(int field, ulong value)
    {
        if (value != 0)
        {
            Raw(((ulong)(uint)field << 3) | 0);
            Raw(value);
        }
    }

    public void Flag(int field, bool value) => Varint(field, value ? 1UL : 0);

    public void Double(int field, double value)
    {
        if (value != 0)
        {
            Fixed64(field, (ulong)BitConverter.DoubleToInt64Bits(value));
        }
    }

    public void Fixed64(int field, ulong value)
    {
        Raw(((ulong)(uint)field << 3) | 1);
        if (Room(8))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_destination[_length..], value);
            _length += 8;
        }
    }

    public void Bytes(int field, scoped ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }

        Raw(((ulong)(uint)field << 3) | 2);
        Raw((ulong)value.Length);
        if (Room(value.Length))
        {
            value.CopyTo(_destination[_length..]);
            _length += value.Length;
        }
    }

    public void Text(int field, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        int bytes = Encoding.UTF8.GetByteCount(value);
        Raw(((ulong)(uint)field << 3) | 2);
        Raw((ulong)bytes);
        if (Room(bytes))
        {
            _length += Encoding.UTF8.GetBytes(value, _destination[_length..]);
        }
    }

    /// <summary>Starts a nested message; give the result to <see cref="End"/>.</summary>
    public int Begin(int field)
    {
        Raw(((ulong)(uint)field << 3) | 2);
        if (Room(NestedLengthBytes))
        {
            _length += NestedLengthBytes;
        }

        return _length;
    }

    public void End(int begun)
    {
        if (IsTooLong)
        {
            return;
        }

        int length = _length - begun;
        if (length >= 1 << (7 * NestedLengthBytes))
        {
            IsTooLong = true;
            return;
        }

        // A varint may be padded with continuation bits: readers take it, and nothing has to be moved.
        _destination[begun - 3] = (byte)(0x80 | (length & 0x7f));
        _destination[begun - 2] = (byte)(0x80 | ((length >> 7) & 0x7f));
        _destination[begun - 1] = (byte)(length >> 14);
    }

    private void Raw(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int count = 0;
        while (value >= 0x80)
        {
            bytes[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        bytes[count++] = (byte)value;
        if (Room(count))
        {
            bytes[..count].CopyTo(_destination[_length..]);
            _length += count;
        }
    }

    private bool Room(int bytes)
    {
        if (!IsTooLong && _destination.Length - _length >= bytes)
        {
            return true;
        }

        IsTooLong = true;
        return false;
    }
}
