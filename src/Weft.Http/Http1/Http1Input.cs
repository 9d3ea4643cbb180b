using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>Where the content of one incoming message stands: takes its framing off. Lives in its connection's stream.</summary>
internal struct Http1Input
{
    private BodyFraming _framing;
    private ChunkedReader _chunked;
    private long _remaining;
    private int _piece;
    private bool _ended;
    private byte[]? _trailers;
    private int _trailerBytes;

    internal readonly bool IsEnded => _ended;

    /// <summary>What has arrived holds all that is left; only a declared length tells that before the end was read.</summary>
    internal readonly bool IsLast(LoopConnection from) => _framing is BodyFraming.Length && from.Input.Length >= _remaining;

    /// <summary>The framing is broken; nothing behind this can be read.</summary>
    internal readonly bool IsMalformed => _chunked.Error is not Http1Error.None;

    internal readonly ReadOnlySpan<byte> Trailers => _trailers.AsSpan(0, _trailerBytes);

    /// <summary>Begins a message; the memory of the last one's trailers stays.</summary>
    internal void Begin(BodyFraming framing, long contentLength)
    {
        _framing = framing;
        _chunked = default;
        _remaining = contentLength;
        _piece = 0;
        _trailerBytes = 0;
        _ended = framing is BodyFraming.None;
    }

    internal ReadOnlySpan<byte> Content(LoopConnection from, Http1Limits limits)
    {
        ReadOnlySpan<byte> input = from.Input;
        return _framing switch
        {
            _ when _ended => default,
            BodyFraming.Length => input[..(int)Math.Min(input.Length, _remaining)],
            BodyFraming.Chunked => NextPiece(from, limits),
            _ => input,
        };
    }

    internal void Consume(LoopConnection from, int count)
    {
        from.Consume(count);
        Count(count);
    }

    /// <summary>Passes on all that has arrived, if it is all content and nothing else. False: it stays.</summary>
    internal bool TryHandOver(LoopConnection from, LoopConnection to)
    {
        int count = from.Input.Length;
        if (_ended || _framing is BodyFraming.Chunked || (_framing is BodyFraming.Length && count > _remaining))
        {
            return false;
        }

        from.PassTo(to);
        Count(count);
        return true;
    }

    /// <summary>The connection is over. True: so is the message, which it framed.</summary>
    internal bool TryEndWithConnection()
    {
        _ended |= _framing is BodyFraming.UntilClose or BodyFraming.Tunnel;
        return _ended;
    }

    private void Count(int count)
    {
        if (_framing is BodyFraming.Length)
        {
            _remaining -= count;
            _ended = _remaining == 0;
        }
        else if (_framing is BodyFraming.Chunked)
        {
            _piece -= count;
        }
    }

    private ReadOnlySpan<byte> NextPiece(LoopConnection from, Http1Limits limits)
    {
        while (_piece == 0)
        {
            ReadOnlySpan<byte> input = from.Input;
            ReadStatus status = _chunked.Next(input, limits, out int consumed, out ChunkedPiece piece);
            if (piece.Kind is ChunkedPieceKind.Data)
            {
                from.Consume(piece.Range.Start);
                _piece = piece.Range.Length;
                break;
            }

            if (piece.Kind is ChunkedPieceKind.Trailer)
            {
                Keep(piece.Range.In(input));
            }

            from.Consume(consumed);
            _ended = status is ReadStatus.Done;
            if (piece.Kind is ChunkedPieceKind.None)
            {
                return default;
            }
        }

        return from.Input[.._piece];
    }

    /// <summary>The limit on trailers was checked by the reader.</summary>
    private void Keep(ReadOnlySpan<byte> line)
    {
        if ((_trailers?.Length ?? 0) < _trailerBytes + line.Length)
        {
            Array.Resize(ref _trailers, Math.Max(256, (_trailerBytes + line.Length) * 2));
        }

        line.CopyTo(_trailers.AsSpan(_trailerBytes));
        _trailerBytes += line.Length;
    }
}
