using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>Where one body stands while it passes through as it is. Lives in its connection.</summary>
public struct Http1Body
{
    private readonly BodyFraming _framing;
    private ChunkedReader _chunked;
    private long _remaining;
    private bool _ended;

    public Http1Body(BodyFraming framing, long contentLength)
    {
        _framing = framing;
        _remaining = contentLength;
        _ended = framing is BodyFraming.None;
    }

    public bool IsEnded
    {
        readonly get => _ended || _framing is BodyFraming.None;
        private set => _ended = value;
    }

    /// <summary>Whether the end of the connection is the end of the body.</summary>
    public readonly bool EndsWithConnection => _framing is BodyFraming.UntilClose;

    public readonly Http1Error Error => _chunked.Error;

    /// <summary>How many bytes from the front of <paramref name="input"/> belong to the body, its framing included. False: the framing is broken.</summary>
    public bool TryTake(ReadOnlySpan<byte> input, Http1Limits limits, out int length)
    {
        length = 0;
        if (IsEnded)
        {
            return true;
        }

        switch (_framing)
        {
            case BodyFraming.Length:
                length = (int)Math.Min(input.Length, _remaining);
                _remaining -= length;
                IsEnded = _remaining == 0;
                return true;
            case BodyFraming.Chunked:
                ReadStatus status = _chunked.Validate(input, limits, out length);
                IsEnded = status is ReadStatus.Done;
                return status is ReadStatus.Done or ReadStatus.NeedMore;
            default:
                length = input.Length;
                return true;
        }
    }

    /// <summary>Somebody else read it.</summary>
    internal void EndAs(bool whole) => IsEnded = whole;

    /// <summary>The connection is over: so is a body that is framed by it.</summary>
    public void EndWithConnection() => IsEnded |= EndsWithConnection;
}
