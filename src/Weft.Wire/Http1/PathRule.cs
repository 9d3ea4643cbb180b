namespace Weft.Wire.Http1;

/// <summary>
/// The one form of a path (RFC 3986 §6.2.2, as Istio's path normalization BASE): "\" becomes "/", percent-encoded
/// unreserved characters are decoded, hexadecimal digits are upper case, dot segments are removed. Encoded slashes stay
/// encoded and empty segments stay: both can mean something to an application.
/// </summary>
/// <remarks>
/// Beyond BASE, "%" without two hexadecimal digits and %00 are refused: what one reader leaves alone another one decodes.
/// </remarks>
public static class PathRule
{
    /// <summary>Writes the canonical path, never longer than <paramref name="path"/>; an empty path becomes "/".</summary>
    /// <param name="output">At least as long as the path, and one.</param>
    public static bool TryNormalize(ReadOnlySpan<byte> path, Span<byte> output, out int length)
    {
        if (path.IsEmpty)
        {
            output[0] = (byte)'/';
            length = 1;
            return true;
        }

        if (!NeedsWork(path))
        {
            path.CopyTo(output);
            length = path.Length;
            return true;
        }

        if (!TryDecode(path, output, out length))
        {
            return false;
        }

        length = RemoveDotSegments(output[..length]);
        return true;
    }

    private static bool NeedsWork(ReadOnlySpan<byte> path) =>
        path.ContainsAny((byte)'%', (byte)'\\') || path.IndexOf("/."u8) >= 0;

    private static bool TryDecode(ReadOnlySpan<byte> path, Span<byte> output, out int length)
    {
        length = 0;
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                output[length++] = path[i] == '\\' ? (byte)'/' : path[i];
                continue;
            }

            int value = i + 2 < path.Length ? (Octets.HexValue(path[i + 1]) << 4) | Octets.HexValue(path[i + 2]) : -1;
            if (value <= 0)
            {
                return false;
            }

            if (IsUnreserved((byte)value))
            {
                output[length++] = (byte)value;
            }
            else
            {
                output[length++] = (byte)'%';
                output[length++] = ToUpper(path[i + 1]);
                output[length++] = ToUpper(path[i + 2]);
            }

            i += 2;
        }

        return true;
    }

    /// <summary>RFC 3986 §5.2.4 in place; the path begins with "/".</summary>
    private static int RemoveDotSegments(Span<byte> path)
    {
        int written = 0;
        int at = 0;
        while (at < path.Length)
        {
            // at stands on a "/"; the segment is what follows, up to the next one.
            int next = path[(at + 1)..].IndexOf((byte)'/');
            int end = next < 0 ? path.Length : at + 1 + next;
            ReadOnlySpan<byte> segment = path[(at + 1)..end];
            bool isLast = end == path.Length;
            if (segment is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                written = segment.Length == 2 ? Math.Max(path[..written].LastIndexOf((byte)'/'), 0) : written;
                if (isLast)
                {
                    path[written++] = (byte)'/';
                }
            }
            else
            {
                path[at..end].CopyTo(path[written..]);
                written += end - at;
            }

            at = end;
        }

        return written;
    }

    private static bool IsUnreserved(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~';

    private static byte ToUpper(byte digit) => digit >= 'a' ? (byte)(digit - 0x20) : digit;
}
