namespace Weft.Wire.Http1;

public enum ChunkedPieceKind : byte
{
    None,
    Data,

    /// <summary>One field line with its CRLF.</summary>
    Trailer,
}

/// <summary>What one step of <see cref="ChunkedReader.Next"/> found.</summary>
public readonly record struct ChunkedPiece(ChunkedPieceKind Kind, ByteRange Range);
