using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>
/// One loop's memory: slabs cut into blocks, handed out last in first out so that the warm ones stay warm. Where the system or the limit gives no
/// more, whoever asked is told so and ends its connection. Used by its loop only, but for the sums.
/// </summary>
internal sealed unsafe class BlockPool : IDisposable
{
    /// <summary>Room for a request head with cookies, or one full TLS record's plain text.</summary>
    internal const int BlockBytes = 16 << 10;

    /// <summary>The same record still sealed, where a block keeps that: header, padding and tag come on top (RFC 8446 §5.2). A whole page, so that each block has its own.</summary>
    internal const int BlockRoomBytes = BlockBytes + (4 << 10);

    private const int BlocksPerSlab = 16;
    private const nuint PageBytes = 4096;

    /// <summary>Of at most 64 KiB each, see LoopConnection.InputBytesMax.</summary>
    private const int LargeKeptMax = 4;

    /// <summary>Blocks whose pages go back to the system in one turn, a microsecond each.</summary>
    private const int ReleasedPerTurnMax = 1_024;

    private readonly List<nint> _slabs = [];
    private readonly long _bytesMax;
    private readonly byte* _sink = (byte*)NativeMemory.Alloc(BlockBytes); // costs no page until it is written to
    private Block? _free;
    private Block? _large;
    private int _largeCount;
    private long _used;
    private long _held;

    /// <param name="bytesMax">In use at most; 0: what the system gives.</param>
    internal BlockPool(long bytesMax = 0) => _bytesMax = bytesMax > 0 ? bytesMax : long.MaxValue;

    /// <summary>Blocks in somebody's hands now.</summary>
    internal int Rented { get; private set; }

    /// <summary>Bytes in somebody's hands. Any thread.</summary>
    internal long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Bytes that have pages of the system, or may have. Any thread.</summary>
    internal long HeldBytes => Volatile.Read(ref _held);

    /// <summary>Where whoever got no block may write what nobody will read: <see cref="BlockBytes"/> bytes.</summary>
    internal Span<byte> Sink => new(_sink, BlockBytes);

    internal bool TryRent([NotNullWhen(true)] out Block? block)
    {
        block = _used + BlockBytes > _bytesMax ? null : _free ?? Grow();
        if (block is null)
        {
            return false;
        }

        _free = block.Next;
        block.Next = null;
        block.Head = 0;
        block.Tail = 0;
        if (block.IsCold)
        {
            block.IsCold = false;
            _held += BlockBytes;
        }

        _used += BlockBytes;
        Rented++;
        return true;
    }

    /// <summary>A block that holds more than the usual. A few that were returned wait for the next; above that memory goes back to the system.</summary>
    internal bool TryRentLarge(int bytes, [NotNullWhen(true)] out Block? block)
    {
        Block? before = null;
        for (block = _large; block is not null && block.Capacity < bytes; block = block.Next)
        {
            before = block;
        }

        if (block is not null)
        {
            _ = before is null ? _large = block.Next : before.Next = block.Next;
            _largeCount--;
            block.Next = null;
            block.Head = 0;
            block.Tail = 0;
        }
        else if (_used + bytes > _bytesMax || !TryAllocate((nuint)bytes, out byte* start))
        {
            return false;
        }
        else
        {
            block = new Block(start, bytes, bytes);
        }

        Rented++;
        _used += block.Capacity;
        return true;
    }

    internal void Return(Block block)
    {
        Rented--;
        _used -= block.Capacity;
        if (block.Capacity != BlockBytes)
        {
            ReturnLarge(block);
            return;
        }

        block.Next = _free;
        _free = block;
    }

    /// <summary>Gives the pages of free blocks back to the system; they come again, empty, when the blocks are used. False: so many that the rest is left for the next call.</summary>
    internal bool TryReleaseFree()
    {
        int left = ReleasedPerTurnMax;
        for (Block? block = _free; block is not null && left > 0; block = block.Next)
        {
            if (!block.IsCold)
            {
                StartupMemory.Release(block.Start, BlockRoomBytes);
                block.IsCold = true;
                _held -= BlockBytes;
                left--;
            }
        }

        for (Block? block = _large; block is not null; block = block.Next)
        {
            Free(block);
        }

        _large = null;
        _largeCount = 0;
        return left > 0;
    }

    public void Dispose()
    {
        foreach (nint slab in _slabs)
        {
            NativeMemory.AlignedFree((void*)slab);
        }

        for (Block? block = _large; block is not null; block = block.Next)
        {
            NativeMemory.Free(block.Start);
        }

        NativeMemory.Free(_sink);
        _slabs.Clear();
        _free = null;
        _large = null;
    }

    private void ReturnLarge(Block block)
    {
        if (_largeCount == LargeKeptMax)
        {
            Free(block);
            return;
        }

        block.Next = _large;
        _large = block;
        _largeCount++;
    }

    private void Free(Block large)
    {
        _held -= large.Capacity;
        NativeMemory.Free(large.Start);
    }

    private bool TryAllocate(nuint bytes, out byte* start)
    {
        start = (byte*)Libc.malloc(bytes);
        if (start is null)
        {
            return false;
        }

        _held += (long)bytes;
        return true;
    }

    /// <summary>Pages of a new slab cost nothing until they are written to. Null: the system has no more.</summary>
    private Block? Grow()
    {
        byte* slab = (byte*)Libc.aligned_alloc(PageBytes, BlocksPerSlab * BlockRoomBytes);
        if (slab is null)
        {
            return null;
        }

        _slabs.Add((nint)slab);
        Block? first = null;
        for (int i = BlocksPerSlab - 1; i >= 0; i--)
        {
            first = new Block(slab + (i * BlockRoomBytes), BlockBytes, BlockRoomBytes) { Next = first, IsCold = true };
        }

        return first;
    }
}
