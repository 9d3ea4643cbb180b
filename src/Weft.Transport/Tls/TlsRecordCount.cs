namespace Weft.Transport.Tls;

/// <summary>Counts the records of a stream of them, however it is cut (RFC 8446 §5.1: type, version, length, content).</summary>
internal struct TlsRecordCount
{
    private const int HeaderBytes = 5;
    private const int LengthAt = 3;

    private int _header;
    private int _length;
    private int _rest;

    /// <summary>Records that ended, since somebody last set it.</summary>
    internal ulong Count { get; set; }

    internal readonly bool IsBetweenRecords => _header == 0;

    internal void Feed(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_header < HeaderBytes)
            {
                FeedHeader(bytes[0]);
                bytes = bytes[1..];
            }
            else
            {
                int count = Math.Min(_rest, bytes.Length);
                _rest -= count;
                bytes = bytes[count..];
            }

            if (_header == HeaderBytes && _rest == 0)
            {
                _header = 0;
                Count++;
            }
        }
    }

    private void FeedHeader(byte value)
    {
        if (_header++ >= LengthAt)
        {
            _length = _header == HeaderBytes ? (_length << 8) | value : value;
            _rest = _length;
        }
    }
}
