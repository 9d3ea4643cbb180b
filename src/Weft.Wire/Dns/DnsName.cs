using System.Text;

namespace Weft.Wire.Dns;

/// <summary>Domain names in their wire form (RFC 1035 §3.1): labels behind their lengths, ended by a zero byte, in lower case so that bytes compare.</summary>
public static class DnsName
{
    /// <summary>RFC 1035 §2.3.4, the zero byte included.</summary>
    public const int WireBytesMax = 255;

    /// <summary>The longest name as text, without a dot at its end.</summary>
    public const int TextLengthMax = 253;

    private const int LabelBytesMax = 63;
    private const int PointerMark = 0xc0;

    /// <summary>Writes a host name; a dot at its end is allowed. False: it is no name that can be asked for.</summary>
    /// <param name="wire">At least <see cref="WireBytesMax"/> long.</param>
    public static bool TryEncode(ReadOnlySpan<char> text, Span<byte> wire, out int length)
    {
        length = 0;
        text = text.EndsWith(".") ? text[..^1] : text;
        if (text.Length is 0 or > TextLengthMax)
        {
            return false;
        }

        foreach (Range part in text.Split('.'))
        {
            ReadOnlySpan<char> label = text[part];
            if (label.Length is 0 or > LabelBytesMax)
            {
                return false;
            }

            wire[length++] = (byte)label.Length;
            foreach (char letter in label)
            {
                if (letter is <= ' ' or > '~')
                {
                    return false; // names beyond ASCII are written in their "xn--" form (RFC 5891)
                }

                wire[length++] = Lower((byte)letter);
            }
        }

        wire[length++] = 0;
        return true;
    }

    /// <summary>Copies the name at <paramref name="at"/> without its compression and moves behind it; nothing moves when it is broken.</summary>
    /// <remarks>RFC 1035 §4.1.4: a pointer leads to an earlier place. Each must lead further back than the one before, so that no message loops.</remarks>
    /// <param name="wire">At least <see cref="WireBytesMax"/> long.</param>
    public static bool TryExpand(ReadOnlySpan<byte> message, ref int at, Span<byte> wire, out int length)
    {
        length = 0;
        int from = at;
        int behind = -1;
        int limit = at;
        while ((uint)from < (uint)message.Length)
        {
            int head = message[from];
            if ((head & PointerMark) == PointerMark)
            {
                if (from + 1 >= message.Length)
                {
                    return false;
                }

                behind = behind < 0 ? from + 2 : behind;
                int target = ((head & 0x3f) << 8) | message[from + 1];
                if (target >= limit)
                {
                    return false;
                }

                from = limit = target;
                continue;
            }

            if (head > LabelBytesMax || from + 1 + head > message.Length || length + 1 + head + (head == 0 ? 0 : 1) > WireBytesMax)
            {
                return false;
            }

            wire[length++] = (byte)head;
            if (head == 0)
            {
                at = behind < 0 ? from + 1 : behind;
                return true;
            }

            foreach (byte letter in message.Slice(from + 1, head))
            {
                wire[length++] = Lower(letter);
            }

            from += 1 + head;
        }

        return false;
    }

    /// <summary>For people: labels between dots.</summary>
    /// <param name="wire">A whole name in wire form.</param>
    public static string ToText(ReadOnlySpan<byte> wire)
    {
        var text = new StringBuilder();
        for (int at = 0; at < wire.Length && wire[at] != 0; at += 1 + wire[at])
        {
            text.Append(text.Length > 0 ? "." : "").Append(Encoding.Latin1.GetString(wire.Slice(at + 1, wire[at])));
        }

        return text.ToString();
    }

    private static byte Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
}
