namespace Weft.Wire.Http1;

/// <summary>What one message may cost. Every limit is checked before the bytes behind it are looked at.</summary>
public sealed record Http1Limits
{
    public static readonly Http1Limits Default = new();

    /// <summary>Bytes of a request line, CRLF included; more is answered 414.</summary>
    public int RequestLineBytesMax { get; init => field = Range(value, 64, 1 << 20); } = 16 << 10;

    /// <summary>Bytes of a head with its start line and the empty line; more is answered 431. A connection's buffer must hold this.</summary>
    public int HeadBytesMax { get; init => field = Range(value, 256, 1 << 20); } = 64 << 10;

    /// <summary>Field lines in a head; more is answered 431.</summary>
    public int FieldsMax { get; init => field = Range(value, 8, 4096); } = 128;

    /// <summary>Bytes of one chunk-size line with its extensions; more is answered 400.</summary>
    public int ChunkLineBytesMax { get; init => field = Range(value, 18, 16 << 10); } = 1 << 10;

    /// <summary>Bytes of chunk extensions in a whole body, so that tiny chunks cannot smuggle unbounded work; more is answered 400.</summary>
    public int ChunkExtensionBytesMax { get; init => field = Range(value, 0, 1 << 20); } = 16 << 10;

    /// <summary>Bytes of a trailer section; more is answered 431.</summary>
    public int TrailerBytesMax { get; init => field = Range(value, 64, 1 << 20); } = 8 << 10;

    private static int Range(int value, int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, high);
        return value;
    }
}
