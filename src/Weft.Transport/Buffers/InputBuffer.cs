using System.Diagnostics.CodeAnalysis;

namespace Weft.Transport;

/// <summary>What arrived on one connection and was not taken yet, in one piece. Holds a block only while there is something in it. Its connection's loop only.</summary>
internal struct InputBuffer
{
    /// <summary>Less room than this is not worth a system call: what is unread moves to the front first.</summary>
    private const int RoomMin = 2 << 10;

    /// <summary>A queue of blocks with less in them would hold more memory than bytes.</summary>
    private const int HandOverMin = BlockPool.BlockBytes / 2;

    private Block? _block;

    internal readonly ReadOnlySpan<byte> Unread => _block is null ? default : _block.Filled;

    internal readonly void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _block?.Length ?? 0);
        if (_block is { } block)
        {
            block.Head += count;
        }
    }

    /// <summary>A block with room to read into.</summary>
    /// <param name="pool">Where it comes from.</param>
    /// <param name="bytesMax">Unread bytes that it may hold.</param>
    /// <param name="room">The block.</param>
    /// <param name="failure">Why there is none: <see cref="IoStatus.Full"/> or <see cref="IoStatus.NoMemory"/>.</param>
    /// <param name="roomMin">Whoever opens sealed records needs room for a whole one, even if that takes the buffer over its limit.</param>
    internal bool TryMakeRoom(BlockPool pool, int bytesMax, [NotNullWhen(true)] out Block? room, out IoStatus failure, int roomMin = RoomMin)
    {
        failure = IoStatus.NoMemory;
        room = _block;
        if (room is null && !pool.TryRent(out room))
        {
            return false;
        }

        Block block = _block = room; // owner: this buffer, until it is empty
        if (block.Length == 0)
        {
            block.Head = 0;
            block.Tail = 0;
            return true;
        }

        return block.Free >= roomMin || TryEnlarge(pool, bytesMax, roomMin, ref room, ref failure);
    }

    /// <summary>Gives the block to somebody else, unread bytes included; an empty one stays.</summary>
    internal Block? Detach()
    {
        if (_block is not { Length: > 0 } block)
        {
            return null;
        }

        _block = null;
        return block;
    }

    /// <summary>The unread bytes as a block, where they are so many that handing it over costs less than copying them.</summary>
    internal Block? DetachFull() => _block is { Length: >= HandOverMin } ? Detach() : null;

    internal void ReleaseEmpty(BlockPool pool)
    {
        if (_block is { Length: 0 })
        {
            Release(pool);
        }
    }

    internal void Release(BlockPool pool)
    {
        if (_block is { } block)
        {
            _block = null;
            pool.Return(block);
        }
    }

    private bool TryEnlarge(BlockPool pool, int bytesMax, int roomMin, ref Block room, ref IoStatus failure)
    {
        Block from = room;
        if (from.Head >= RoomMin && from.Head + from.Free >= roomMin)
        {
            from.MoveToFront();
            return true;
        }

        if (from.Length >= bytesMax)
        {
            failure = IoStatus.Full;
            return false;
        }

        if (!pool.TryRentLarge(Math.Max(Math.Min(from.Capacity * 2, bytesMax + RoomMin), from.Length + roomMin), out Block? larger))
        {
            return false;
        }

        room = larger;
        from.Filled.CopyTo(room.Unfilled);
        room.Tail = from.Length;
        pool.Return(from);
        _block = room;
        return true;
    }
}
