namespace Weft.Wire.Http1;

/// <summary>Finds the end of one line in one pass that refuses every control byte on the way.</summary>
internal static class LineScanner
{
    /// <summary>Looks for CRLF from <paramref name="scanned"/> on, which moves past what need not be seen again.</summary>
    /// <param name="end">Where the CR stands, when done.</param>
    internal static ReadStatus Find(ReadOnlySpan<byte> input, ref int scanned, out int end, out Http1Error error)
    {
        end = 0;
        error = Http1Error.None;
        int found = input[scanned..].IndexOfAny(Octets.Controls);
        if (found < 0)
        {
            scanned = input.Length;
            return ReadStatus.NeedMore;
        }

        int at = scanned + found;
        scanned = at;
        switch (input[at])
        {
            case (byte)'\r' when at + 1 == input.Length:
                return ReadStatus.NeedMore;
            case (byte)'\r' when input[at + 1] == '\n':
                end = at;
                return ReadStatus.Done;
            case (byte)'\r':
                error = Http1Error.BareCr; // RFC 9112 §2.2: a recipient of a bare CR considers the element invalid.
                break;
            case (byte)'\n':
                error = Http1Error.BareLf; // §2.2 lets a recipient accept it; two recipients that differ make smuggling.
                break;
            case 0:
                error = Http1Error.NulByte;
                break;
            default:
                error = Http1Error.ControlByte;
                break;
        }

        return ReadStatus.Malformed;
    }
}
