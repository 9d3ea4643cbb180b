using System.Buffers;

namespace Weft.Http.Http2;

/// <summary>Bytes in order, in a pooled array that grows. Owned by one stream; while it is empty it holds little memory or none.</summary>
internal struct StreamBuffer
{
    private const int BytesMin = 2 << 10;

    /// <summary>An array up to this size stays with its owner: most content is small, and taking one each time costs more than it holds.</summary>
    private const int BytesKept = 4 << 10;

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
            Shrink();
        }
    }

    /// <summary>Forgets the bytes, and gives a large array back.</summary>
    internal void Shrink()
    {
        if (_array is { Length: > BytesKept })
        {
            Release();
        }

        _head = 0;
        _tail = 0;
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
