namespace Weft.Transport;

/// <summary>Bytes waiting to leave, in order. Owns its blocks; lives inside one connection and is used by its loop only.</summary>
internal struct BlockQueue
{
    private Block? _tail;

    internal Block? Head { get; private set; }

    internal int Length { get; private set; }

    /// <summary>Room of at least <paramref name="sizeHint"/> bytes, to be followed by <see cref="Advance"/>.</summary>
    internal Span<byte> GetSpan(int sizeHint, BlockPool pool)
    {
        if (_tail is null || _tail.Free < sizeHint)
        {
            Add(sizeHint <= BlockPool.BlockBytes ? pool.Rent() : pool.RentLarge(sizeHint));
        }

        return _tail!.Unfilled; // Add has set it
    }

    internal void Advance(int count)
    {
        _tail!.Tail += count; // GetSpan came first
        Length += count;
    }

    internal void Append(ReadOnlySpan<byte> bytes, BlockPool pool)
    {
        while (bytes.Length > 0)
        {
            if (_tail is null || _tail.Free == 0)
            {
                Add(pool.Rent());
            }

            Span<byte> room = _tail!.Unfilled; // Add has set it
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Takes a whole block over. Owner from here on: this queue.</summary>
    internal void Append(Block block)
    {
        Length += block.Length;
        Add(block);
    }

    internal void Consume(int count, BlockPool pool)
    {
        Length -= count;
        while (count > 0 && Head is { } head)
        {
            int here = Math.Min(count, head.Length);
            head.Head += here;
            count -= here;
            if (head.Length == 0)
            {
                Head = head.Next;
                pool.Return(head);
            }
        }

        if (Head is null)
        {
            _tail = null;
        }
    }

    internal void Clear(BlockPool pool)
    {
        while (Head is { } head)
        {
            Head = head.Next;
            pool.Return(head);
        }

        _tail = null;
        Length = 0;
    }

    private void Add(Block block)
    {
        if (_tail is null)
        {
            Head = block;
        }
        else
        {
            _tail.Next = block;
        }

        _tail = block;
    }
}
