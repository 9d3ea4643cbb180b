using System.Runtime.InteropServices;

namespace Weft.Transport;

/// <summary>One loop's memory: slabs cut into blocks, handed out last in first out so that the warm ones stay warm. Used by its loop only.</summary>
internal sealed unsafe class BlockPool : IDisposable
{
    /// <summary>Room for a request head with cookies, or one full TLS record's plain text.</summary>
    internal const int BlockBytes = 16 << 10;

    /// <summary>The same record still sealed, where a block keeps that: header, padding and tag come on top (RFC 8446 §5.2).</summary>
    internal const int BlockRoomBytes = BlockBytes + 512;

    private const int BlocksPerSlab = 16;
    private const nuint PageBytes = 4096;

    /// <summary>Of at most 64 KiB each, see LoopConnection.InputBytesMax.</summary>
    private const int LargeKeptMax = 4;

    private readonly List<nint> _slabs = [];
    private Block? _free;
    private Block? _large;
    private int _largeCount;

    /// <summary>Blocks in somebody's hands now.</summary>
    internal int Rented { get; private set; }

    internal Block Rent()
    {
        Block? block = _free ?? Grow();
        _free = block.Next;
        block.Next = null;
        block.Head = 0;
        block.Tail = 0;
        Rented++;
        return block;
    }

    /// <summary>A block that holds more than the usual. A few that were returned wait for the next; above that memory goes back to the system.</summary>
    internal Block RentLarge(int bytes)
    {
        Rented++;
        for (Block? block = _large, before = null; block is not null; before = block, block = block.Next)
        {
            if (block.Capacity >= bytes)
            {
                _ = before is null ? _large = block.Next : before.Next = block.Next;
                _largeCount--;
                block.Next = null;
                block.Head = 0;
                block.Tail = 0;
                return block;
            }
        }

        return new Block((byte*)NativeMemory.Alloc((nuint)bytes), bytes, bytes);
    }

    internal void Return(Block block)
    {
        Rented--;
        if (block.Capacity != BlockBytes)
        {
            ReturnLarge(block);
            return;
        }

        block.Next = _free;
        _free = block;
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

        _slabs.Clear();
        _free = null;
        _large = null;
    }

    private void ReturnLarge(Block block)
    {
        if (_largeCount == LargeKeptMax)
        {
            NativeMemory.Free(block.Start);
            return;
        }

        block.Next = _large;
        _large = block;
        _largeCount++;
    }

    /// <summary>Pages of a new slab cost nothing until they are written to.</summary>
    private Block Grow()
    {
        byte* slab = (byte*)NativeMemory.AlignedAlloc(BlocksPerSlab * BlockRoomBytes, PageBytes);
        _slabs.Add((nint)slab);
        Block? first = null;
        for (int i = BlocksPerSlab - 1; i >= 0; i--)
        {
            first = new Block(slab + (i * BlockRoomBytes), BlockBytes, BlockRoomBytes) { Next = first };
        }

        return first!; // BlocksPerSlab is not zero
    }
}
