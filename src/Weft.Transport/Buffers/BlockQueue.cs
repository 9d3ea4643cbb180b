namespace Weft.Transport;

/// <summary>Bytes waiting to leave, in order. Owns its blocks; lives inside one connection and is used by its loop only.</summary>
internal struct BlockQueue
{
    private Block? _tail;

    internal Block? Head { get; private set; }

    internal int Length { get; private set; }

    /// <summary>Room of at least <paramref name="sizeHint"/> bytes, to be followed by <see cref="Advance"/>. False: the pool has none.</summary>
    internal bool TryGetSpan(int sizeHint, BlockPool pool, out Span<byte> room)
    {
        if (_tail is null || _tail.Free < sizeHint)
        {
            if (!(sizeHint <= BlockPool.BlockBytes ? pool.TryRent(out Block? block) : pool.TryRentLarge(sizeHint, out block)))
            {
                room = default;
                return false;
            }

            Add(block);
        }

        room = _tail!.Unfilled; // Add has set it
        return true;
    }

    internal void Advance(int count)
    {
        _tail!.Tail += count; // GetSpan came first
        Length += count;
    }

    /// <summary>False: the pool has no room for all of them, and the queue's bytes are of no use any more.</summary>
    internal bool TryAppend(ReadOnlySpan<byte> bytes, BlockPool pool)
    {
        while (bytes.Length > 0)
        {
            if (_tail is null || _tail.Free == 0)
            {
                if (!pool.TryRent(out Block? block))
                {
                    return false;
                }

                Add(block);
            }

            Span<byte> room = _tail!.Unfilled; // Add has set it
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }

        return true;
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
