using System.Text;
using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>The static table of HPACK (RFC 7541 Appendix A); its first index is 1.</summary>
internal static class HpackStatic
{
    internal const int Count = 61;

    private static readonly (string Name, string Value)[] Rows =
    [
        (":authority", ""),
        (":method", "GET"),
        (":method", "POST"),
        (":path", "/"),
        (":path", "/index.html"),
        (":scheme", "http"),
        (":scheme", "https"),
        (":status", "200"),
        (":status", "204"),
        (":status", "206"),
        (":status", "304"),
        (":status", "400"),
        (":status", "404"),
        (":status", "500"),
        ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"),
        ("accept-language", ""),
        ("accept-ranges", ""),
        ("accept", ""),
        ("access-control-allow-origin", ""),
        ("age", ""),
        ("allow", ""),
        ("authorization", ""),
        ("cache-control", ""),
        ("content-disposition", ""),
        ("content-encoding", ""),
        ("content-language", ""),
        ("content-length", ""),
        ("content-location", ""),
        ("content-range", ""),
        ("content-type", ""),
        ("cookie", ""),
        ("date", ""),
        ("etag", ""),
        ("expect", ""),
        ("expires", ""),
        ("from", ""),
        ("host", ""),
        ("if-match", ""),
        ("if-modified-since", ""),
        ("if-none-match", ""),
        ("if-range", ""),
        ("if-unmodified-since", ""),
        ("last-modified", ""),
        ("link", ""),
        ("location", ""),
        ("max-forwards", ""),
        ("proxy-authenticate", ""),
        ("proxy-authorization", ""),
        ("range", ""),
        ("referer", ""),
        ("refresh", ""),
        ("retry-after", ""),
        ("server", ""),
        ("set-cookie", ""),
        ("strict-transport-security", ""),
        ("transfer-encoding", ""),
        ("user-agent", ""),
        ("vary", ""),
        ("via", ""),
        ("www-authenticate", ""),
    ];

    private static readonly byte[][] Names = [.. Rows.Select(r => Encoding.ASCII.GetBytes(r.Name))];
    private static readonly byte[][] Values = [.. Rows.Select(r => Encoding.ASCII.GetBytes(r.Value))];

    private static readonly byte[] ByKnown = IndexesOfKnown();

    // First index of each length of name: a name is looked for among its equals in length only.
    private static readonly byte[][] ByLength = [.. Enumerable.Range(0, 32).Select(IndexesOfLength)];

    internal static ReadOnlySpan<byte> Name(int index) => Names[index - 1];

    internal static ReadOnlySpan<byte> Value(int index) => Values[index - 1];

    /// <summary>The same for a known name: its row is looked up, not searched.</summary>
    internal static int Find(KnownHeader known, ReadOnlySpan<byte> value, out bool isWhole)
    {
        int index = ByKnown[(int)known];
        isWhole = index != 0 && value.SequenceEqual(Values[index - 1]);
        return index;
    }

    /// <summary>The index of the field, else of a field with its name (<paramref name="isWhole"/> false), else 0.</summary>
    internal static int Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, out bool isWhole)
    {
        isWhole = false;
        int sameName = 0;
        foreach (byte index in name.Length < ByLength.Length ? ByLength[name.Length] : [])
        {
            if (!name.SequenceEqual(Names[index - 1]))
            {
                continue;
            }

            if (value.SequenceEqual(Values[index - 1]))
            {
                isWhole = true;
                return index;
            }

            sameName = sameName == 0 ? index : sameName;
        }

        return sameName;
    }

    // Names outside the pseudo-header fields have one row each.
    private static byte[] IndexesOfKnown()
    {
        byte[] indexes = new byte[KnownHeaders.Count];
        for (int i = 1; i <= Count; i++)
        {
            KnownHeader known = KnownHeaders.Find(Names[i - 1]);
            indexes[(int)known] = known is KnownHeader.Other ? (byte)0 : (byte)i;
        }

        return indexes;
    }

    private static byte[] IndexesOfLength(int length) =>
        [.. Enumerable.Range(1, Count).Where(i => Rows[i - 1].Name.Length == length).Select(i => (byte)i)];
}
