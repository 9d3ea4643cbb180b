namespace Weft.Transport;

/// <summary>One piece of a loop's memory. Owned by whoever rented it, and by nobody else until it is returned.</summary>
internal sealed unsafe class Block
{
    /// <param name="room">Not less than <paramref name="capacity"/>.</param>
    internal Block(byte* start, int capacity, int room)
    {
        Start = start;
        Capacity = capacity;
        Room = room;
    }

    internal byte* Start { get; }

    internal int Capacity { get; }

    /// <summary>Bytes it really has: a record under TLS is longer than what is in it.</summary>
    internal int Room { get; }

    /// <summary>First byte that was not taken yet.</summary>
    internal int Head { get; set; }

    /// <summary>First byte that was not written yet.</summary>
    internal int Tail { get; set; }

    internal Block? Next { get; set; }

    /// <summary>Free, and without pages of the system: they come when it is written to.</summary>
    internal bool IsCold { get; set; }

    internal int Length => Tail - Head;

    internal int Free => Capacity - Tail;

    internal ReadOnlySpan<byte> Filled => new(Start + Head, Tail - Head);

    internal void MoveToFront()
    {
        Filled.CopyTo(new Span<byte>(Start, Room));
        Tail -= Head;
        Head = 0;
    }

    internal Span<byte> Unfilled => new(Start + Tail, Capacity - Tail);
}
