namespace Weft.Policy.Matching;

/// <summary>Reads parameters out of a query. Names and values compare as they are written in the request, undecoded, as Envoy does.</summary>
internal static class QueryString
{
    /// <summary>The first parameter of that name decides when it is given several times (Gateway API HTTPQueryParamMatch).</summary>
    public static bool TryGet(ReadOnlySpan<byte> query, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!query.IsEmpty)
        {
            int end = query.IndexOf((byte)'&');
            var pair = end < 0 ? query : query[..end];
            query = end < 0 ? default : query[(end + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if ((equals < 0 ? pair : pair[..equals]).SequenceEqual(name))
            {
                value = equals < 0 ? default : pair[(equals + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }
}

/// <summary>Reads one cookie out of a Cookie header (RFC 6265 §4.2.1); values are taken as they are.</summary>
internal static class CookieHeader
{
    public static bool TryGet(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (!header.IsEmpty)
        {
            // HTTP/2 may split cookies over several fields (RFC 9113 §8.2.3); joined by the facts they are separated by a comma.
            int end = header.IndexOfAny((byte)';', (byte)',');
            var pair = (end < 0 ? header : header[..end]).Trim(" \t"u8);
            header = end < 0 ? default : header[(end + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if (equals > 0 && pair[..equals].SequenceEqual(name))
            {
                value = pair[(equals + 1)..];
                return true;
            }
        }

        value = default;
        return false;
    }
}
