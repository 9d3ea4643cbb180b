namespace Weft.Policy.Matching;

/// <summary>Comparison without regard to ASCII case; other bytes, also those above 0x7F, compare as they are.</summary>
internal static class AsciiFold
{
    public static byte Lower(byte b) => b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;

    public static byte[] Lower(ReadOnlySpan<byte> text)
    {
        byte[] lower = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            lower[i] = Lower(text[i]);
        }

        return lower;
    }

    /// <summary><paramref name="lower"/> is lower case already.</summary>
    public static bool EqualsLower(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        if (text.Length != lower.Length)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (Lower(text[i]) != lower[i])
            {
                return false;
            }
        }

        return true;
    }
}
