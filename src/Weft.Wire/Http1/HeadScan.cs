namespace Weft.Wire.Http1;

/// <summary>Where reading of one head stands, so that the next bytes go on and nothing is looked at twice.</summary>
internal struct HeadScan
{
    private int _lineStart;
    private int _scanned;

    internal bool HasStartLine { get; set; }

    /// <summary>Where the line stands that <see cref="NextLine"/> found.</summary>
    internal readonly int LineStart => _lineStart;

    /// <summary>The next line, from <see cref="LineStart"/> to its CR at <paramref name="end"/>; <see cref="Advance"/> leaves it.</summary>
    internal ReadStatus NextLine(ReadOnlySpan<byte> input, Http1Limits limits, out int end, out Http1Error error)
    {
        ReadStatus status = LineScanner.Find(input, ref _scanned, out end, out error);
        int length = status is ReadStatus.Done ? end + 2 : _scanned;
        if (!HasStartLine && length - _lineStart > limits.RequestLineBytesMax)
        {
            error = Http1Error.RequestLineTooLong;
            return ReadStatus.TooLarge;
        }

        if (length > limits.HeadBytesMax)
        {
            error = Http1Error.HeadTooLarge;
            return ReadStatus.TooLarge;
        }

        return status;
    }

    internal void Advance(int end)
    {
        _lineStart = end + 2;
        _scanned = _lineStart;
    }

    /// <summary>All field lines and the empty line; <paramref name="length"/> is where the body begins.</summary>
    internal ReadStatus ReadFields(ReadOnlySpan<byte> input, Http1Limits limits, HeaderTable table, out int length, out Http1Error error)
    {
        length = 0;
        while (true)
        {
            ReadStatus status = NextLine(input, limits, out int end, out error);
            if (status is not ReadStatus.Done)
            {
                return status;
            }

            if (end == _lineStart)
            {
                length = end + 2;
                return ReadStatus.Done;
            }

            if (table.Count == limits.FieldsMax)
            {
                error = Http1Error.TooManyFields;
                return ReadStatus.TooLarge;
            }

            error = FieldLine.Read(input, _lineStart, end, out HeaderField field);
            if (error is not Http1Error.None)
            {
                return ReadStatus.Malformed;
            }

            table.Add(field);
            Advance(end);
        }
    }
}
