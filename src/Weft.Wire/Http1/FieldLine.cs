namespace Weft.Wire.Http1;

/// <summary>field-line = field-name ":" OWS field-value OWS (RFC 9112 §5).</summary>
internal static class FieldLine
{
    /// <summary>Reads the line from <paramref name="start"/> to its CR at <paramref name="end"/>; its bytes hold no control but HTAB.</summary>
    internal static Http1Error Read(ReadOnlySpan<byte> input, int start, int end, out HeaderField field)
    {
        field = default;
        ReadOnlySpan<byte> line = input[start..end];
        int nameLength = line.IndexOfAnyExcept(Octets.Token);
        if (nameLength <= 0 || line[nameLength] != ':')
        {
            return NameError(line, nameLength);
        }

        ReadOnlySpan<byte> value = line[(nameLength + 1)..];
        int lead = value.IndexOfAnyExcept((byte)' ', (byte)'\t');
        int valueLength = lead < 0 ? 0 : value.LastIndexOfAnyExcept((byte)' ', (byte)'\t') + 1 - lead;
        int valueStart = start + nameLength + 1 + Math.Max(lead, 0);
        field = new HeaderField(start, nameLength, valueStart, valueLength, end + 2, KnownHeaders.Find(line[..nameLength]));
        return Http1Error.None;
    }

    private static Http1Error NameError(ReadOnlySpan<byte> line, int at)
    {
        if (at < 0)
        {
            return Http1Error.ColonMissing;
        }

        bool isSpace = line[at] is (byte)' ' or (byte)'\t';
        return at switch
        {
            0 when isSpace => Http1Error.ObsoleteFold, // §5.2
            _ when isSpace && line[at..].Contains((byte)':') => Http1Error.SpaceBeforeColon, // §5.1
            _ when !line.Contains((byte)':') => Http1Error.ColonMissing,
            _ => Http1Error.FieldNameInvalid,
        };
    }
}
