namespace Weft.Wire.Http1;

/// <summary>
/// The chunked coding (RFC 9112 §7.1), read incrementally; one per body, no memory of its own. Serves two callers: who
/// needs the data takes it piece by piece (<see cref="Next"/>), who forwards the coding as it is asks how many bytes are
/// right (<see cref="Validate"/>). Lines are taken whole: what is not consumed comes again, with more behind it.
/// </summary>
/// <remarks>
/// chunked-body = *chunk last-chunk trailer-section CRLF; chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF. Stricter
/// than the grammar: no whitespace around the size, since parsers that differ there are smuggled through.
/// </remarks>
public struct ChunkedReader
{
    /// <summary>More digits than a 63-bit size needs; leading zeros beyond it are refused, too.</summary>
    private const int SizeDigitsMax = 16;

    private State _state;
    private long _remaining;
    private int _extensionBytes;
    private int _trailerBytes;

    private enum State : byte
    {
        Size,
        Data,
        DataEnd,
        Trailer,
        Ended,
    }

    /// <summary>The rule that was broken, after <see cref="ReadStatus.Malformed"/> or <see cref="ReadStatus.TooLarge"/>.</summary>
    public Http1Error Error { get; private set; }

    /// <summary>Whether the last byte of the body was consumed. A connection that ends before is a truncated body.</summary>
    public readonly bool IsEnded => _state is State.Ended;

    /// <summary>Bytes of chunk data seen so far, without framing.</summary>
    public long DataBytes { get; private set; }

    /// <summary>Whether the trailer section held at least one field.</summary>
    public readonly bool HasTrailers => _trailerBytes > 0;

    /// <summary>
    /// Consumes up to and with the next piece of data or trailer line. Done: the body ended at <paramref name="consumed"/>.
    /// NeedMore with a piece: take it and call again with the rest; without: keep the rest and read more.
    /// </summary>
    public ReadStatus Next(ReadOnlySpan<byte> input, Http1Limits limits, out int consumed, out ChunkedPiece piece)
    {
        consumed = 0;
        piece = default;
        while (_state is not State.Ended)
        {
            ReadStatus status = Step(input, limits, ref consumed, ref piece);
            if (status is not ReadStatus.Done)
            {
                return status;
            }

            if (piece.Kind is not ChunkedPieceKind.None)
            {
                return ReadStatus.NeedMore;
            }
        }

        return ReadStatus.Done;
    }

    /// <summary>
    /// How many bytes from the start of <paramref name="input"/> belong to the body and may be forwarded as they are. Done:
    /// the body ends there.
    /// </summary>
    public ReadStatus Validate(ReadOnlySpan<byte> input, Http1Limits limits, out int length)
    {
        length = 0;
        while (true)
        {
            ReadStatus status = Next(input[length..], limits, out int consumed, out ChunkedPiece piece);
            length += consumed;
            if (status is not ReadStatus.NeedMore || piece.Kind is ChunkedPieceKind.None)
            {
                return status;
            }
        }
    }

    private ReadStatus Step(ReadOnlySpan<byte> input, Http1Limits limits, ref int consumed, ref ChunkedPiece piece)
    {
        ReadOnlySpan<byte> rest = input[consumed..];
        if (rest.IsEmpty)
        {
            return ReadStatus.NeedMore;
        }

        switch (_state)
        {
            case State.Size:
                return ReadSize(rest, limits, ref consumed);
            case State.Data:
                int length = (int)Math.Min(rest.Length, _remaining);
                piece = new ChunkedPiece(ChunkedPieceKind.Data, new ByteRange(consumed, length));
                consumed += length;
                DataBytes += length;
                _remaining -= length;
                _state = _remaining == 0 ? State.DataEnd : State.Data;
                return ReadStatus.Done;
            case State.DataEnd:
                return ReadDataEnd(rest, ref consumed);
            default:
                return ReadTrailer(rest, limits, ref consumed, ref piece);
        }
    }

    private ReadStatus ReadSize(ReadOnlySpan<byte> rest, Http1Limits limits, ref int consumed)
    {
        ReadStatus status = FindLine(rest, limits.ChunkLineBytesMax, Http1Error.ChunkLineTooLong, out int end);
        if (status is not ReadStatus.Done)
        {
            return status;
        }

        ReadOnlySpan<byte> line = rest[..end];
        int digits = 0;
        long size = 0;
        for (; digits < line.Length && Octets.HexValue(line[digits]) is >= 0 and var value; digits++)
        {
            if (digits == SizeDigitsMax || size > long.MaxValue >> 4)
            {
                return Fail(Http1Error.ChunkSizeOverflow);
            }

            size = (size << 4) | (long)value;
        }

        if (digits == 0)
        {
            return Fail(Http1Error.ChunkSizeInvalid);
        }

        if (digits < line.Length && line[digits] != ';')
        {
            return Fail(line[digits] is (byte)' ' or (byte)'\t' ? Http1Error.ChunkExtensionInvalid : Http1Error.ChunkSizeInvalid);
        }

        _extensionBytes += line.Length - digits;
        if (_extensionBytes > limits.ChunkExtensionBytesMax)
        {
            return Fail(Http1Error.ChunkExtensionsTooLarge);
        }

        consumed += end + 2;
        _remaining = size;
        _state = size == 0 ? State.Trailer : State.Data;
        return ReadStatus.Done;
    }

    private ReadStatus ReadDataEnd(ReadOnlySpan<byte> rest, ref int consumed)
    {
        if (rest[0] != '\r' || (rest.Length > 1 && rest[1] != '\n'))
        {
            return Fail(Http1Error.ChunkEndMissing);
        }

        if (rest.Length == 1)
        {
            return ReadStatus.NeedMore;
        }

        consumed += 2;
        _state = State.Size;
        return ReadStatus.Done;
    }

    private ReadStatus ReadTrailer(ReadOnlySpan<byte> rest, Http1Limits limits, ref int consumed, ref ChunkedPiece piece)
    {
        ReadStatus status = FindLine(rest, limits.TrailerBytesMax - _trailerBytes, Http1Error.TrailersTooLarge, out int end);
        if (status is not ReadStatus.Done)
        {
            return status;
        }

        if (end == 0)
        {
            consumed += 2;
            _state = State.Ended;
            return ReadStatus.Done;
        }

        Http1Error error = FieldLine.Read(rest, 0, end, out HeaderField field);
        if (error is not Http1Error.None)
        {
            return Fail(error);
        }

        if (TrailerRule.IsForbidden(field.Known))
        {
            return Fail(Http1Error.TrailerForbidden);
        }

        piece = new ChunkedPiece(ChunkedPieceKind.Trailer, new ByteRange(consumed, end + 2));
        _trailerBytes += end + 2;
        consumed += end + 2;
        return ReadStatus.Done;
    }

    private ReadStatus FindLine(ReadOnlySpan<byte> rest, int bytesMax, Http1Error tooLong, out int end)
    {
        int scanned = 0;
        ReadStatus status = LineScanner.Find(rest, ref scanned, out end, out Http1Error error);
        if (status is ReadStatus.Malformed)
        {
            return Fail(error);
        }

        return (status is ReadStatus.Done ? end + 2 : scanned) > bytesMax ? Fail(tooLong) : status;
    }

    private ReadStatus Fail(Http1Error error)
    {
        Error = error;
        return Http1Errors.ReadStatusOf(error);
    }
}
