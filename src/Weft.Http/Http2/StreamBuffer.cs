using System.Buffers;

namespace Weft.Http.Http2;

/// <summary>Bytes in order, in a pooled array that grows. Owned by one stream; holds no memory while it is empty.</summary>
internal struct StreamBuffer
{
    private const int BytesMin = 2 << 10;

    private byte[]? _array; // rented; owner: the stream, until empty
    private int _head;
    private int _tail;

    internal readonly int Length => _tail - _head;

    internal readonly ReadOnlySpan<byte> Filled => _array.AsSpan(_head, _tail - _head);

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (_array is null || _array.Length - _tail < bytes.Length)
        {
            MakeRoom(bytes.Length);
        }

        bytes.CopyTo(_array.AsSpan(_tail));
        _tail += bytes.Length;
    }

    internal void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        _head += count;
        if (_head == _tail)
        {
            Release();
        }
    }

    internal void Release()
    {
        if (_array is { } array)
        {
            _array = null;
            ArrayPool<byte>.Shared.Return(array);
        }

        _head = 0;
        _tail = 0;
    }

    private void MakeRoom(int count)
    {
        int length = Length;
        if (_array is { } same && same.Length >= length + count && _head >= same.Length / 2)
        {
            Filled.CopyTo(same);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BytesMin, length + count));
            Filled.CopyTo(larger);
            if (_array is { } old)
            {
                ArrayPool<byte>.Shared.Return(old);
            }

            _array = larger;
        }

        _head = 0;
        _tail = length;
    }
}
