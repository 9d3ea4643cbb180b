namespace Weft.Property.Fuzz;

/// <summary>How inputs are made from others.</summary>
internal static class Mutations
{
    private const int BytesMax = 2_048;

    private static readonly byte[][] s_words =
    [
        "\r\n"u8.ToArray(), "\r\n\r\n"u8.ToArray(), ": "u8.ToArray(), "chunked"u8.ToArray(), "Content-Length: "u8.ToArray(), "%2e"u8.ToArray(), "/.."u8.ToArray(),
        [0], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80], "HTTP/1.1"u8.ToArray(), "0\r\n"u8.ToArray(), "(?i)"u8.ToArray(), "\\p{L}"u8.ToArray(),
        "{2,3}"u8.ToArray(), "[^a-z]"u8.ToArray(), "\n  - "u8.ToArray(), "&a *a"u8.ToArray(), "Transfer-Encoding: "u8.ToArray(), "\"\""u8.ToArray(),
    ];

    internal static byte[] Mutate(byte[] seed, byte[] other, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            Step(bytes, other, random);
        }

        return [.. bytes.Take(BytesMax)];
    }

    private static void Step(List<byte> bytes, byte[] other, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        switch (random.Next(8))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2 when at < bytes.Count:
                bytes.RemoveRange(at, (random.Next(bytes.Count - at) / 4) + 1);
                break;
            case 3:
                bytes.InsertRange(at, s_words[random.Next(s_words.Length)]);
                break;
            case 4 when at < bytes.Count && bytes.Count < BytesMax:
                bytes.InsertRange(at, bytes.GetRange(at, random.Next(bytes.Count - at) + 1));
                break;
            case 5 when at < bytes.Count:
                bytes[at] += (byte)random.Next(-8, 9);
                break;
            case 6 when other.Length > 0:
                int from = random.Next(other.Length);
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[from..]);
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }
}
