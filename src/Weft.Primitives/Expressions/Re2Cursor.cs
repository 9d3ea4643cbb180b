using System.Globalization;
using System.Text;

namespace Weft.Primitives.Expressions;

/// <summary>A place in a pattern. After a failure nothing moves any more; the first error stays.</summary>
internal sealed class Re2Cursor(string pattern)
{
    private int _at;

    public string? Error { get; private set; }

    public bool Failed => Error is not null;

    public bool AtEnd => _at >= pattern.Length;

    /// <summary>The next UTF-16 unit, or NUL at the end.</summary>
    public char Peek => PeekAt(0);

    public char PeekAt(int offset) => _at + offset < pattern.Length ? pattern[_at + offset] : '\0';

    public void Fail(string error) => Error ??= error;

    public bool Is(char c) => !AtEnd && pattern[_at] == c;

    public bool StartsWith(string text) => string.CompareOrdinal(pattern, _at, text, 0, text.Length) == 0;

    public void Skip(int count) => _at += count;

    public bool TryTake(char c)
    {
        if (!Is(c))
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>The next code point; the caller knows that there is one.</summary>
    public int Take()
    {
        Rune.DecodeFromUtf16(pattern.AsSpan(_at), out var rune, out int length);
        _at += length;
        return rune.Value;
    }

    public string? TakeThrough(char end)
    {
        int found = pattern.IndexOf(end, Math.Min(_at, pattern.Length));
        if (found < 0)
        {
            return null;
        }

        string text = pattern[_at..found];
        _at = found + 1;
        return text;
    }

    /// <summary>All of the rest when the end is missing, as RE2 reads \Q.</summary>
    public string TakeUntil(string end)
    {
        int found = pattern.IndexOf(end, _at, StringComparison.Ordinal);
        string text = found < 0 ? pattern[_at..] : pattern[_at..found];
        _at = found < 0 ? pattern.Length : found + end.Length;
        return text;
    }

    /// <summary>{n}, {n,} or {n,m}; anything else is literal text, and nothing is taken.</summary>
    public bool TryTakeCount(out int min, out int max)
    {
        min = 0;
        max = -1;
        int at = _at + 1;
        if (!TryDigits(ref at, out min))
        {
            return false;
        }

        max = min;
        if (at < pattern.Length && pattern[at] == ',')
        {
            at++;
            max = -1;
            if (at < pattern.Length && pattern[at] != '}' && !TryDigits(ref at, out max))
            {
                return false;
            }
        }

        if (at >= pattern.Length || pattern[at] != '}')
        {
            return false;
        }

        _at = at + 1;
        return true;
    }

    /// <summary>A backslash and what it stands for: one code point.</summary>
    public int TakeEscape()
    {
        _at++;
        if (AtEnd)
        {
            Fail("the expression ends with a backslash.");
            return 0;
        }

        int c = Take();
        switch (c)
        {
            case 'a':
                return 7;
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case 'x':
                return TakeHex();
            case >= '0' and <= '7':
                return TakeOctal(c);
            case < 0x80 when !char.IsAsciiLetterOrDigit((char)c):
                return c;
            default:
                Fail($"the escape '\\{char.ConvertFromUtf32(c)}' is not known.");
                return 0;
        }
    }

    private int TakeOctal(int first)
    {
        // One digit that is not 0 would be a backreference.
        if (first != '0' && Peek is < '0' or > '7')
        {
            Fail("backreferences are not supported.");
            return 0;
        }

        int value = first - '0';
        for (int i = 0; i < 2 && !AtEnd && Peek is >= '0' and <= '7'; i++)
        {
            value = (value * 8) + (Take() - '0');
        }

        return value;
    }

    private int TakeHex()
    {
        string? digits = TryTake('{') ? TakeThrough('}') : TakeTwo();
        if (digits is { Length: > 0 and <= 8 } && uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            && value <= RuneSet.RuneMax)
        {
            return (int)value;
        }

        Fail("'\\x' takes two hexadecimal digits, or {…} up to 10FFFF.");
        return 0;
    }

    private string? TakeTwo()
    {
        if (_at + 2 > pattern.Length)
        {
            return null;
        }

        _at += 2;
        return pattern[(_at - 2).._at];
    }

    private bool TryDigits(ref int at, out int value)
    {
        int start = at;
        value = 0;
        while (at < pattern.Length && char.IsAsciiDigit(pattern[at]))
        {
            value = Math.Min((value * 10) + (pattern[at] - '0'), 1_000_000);
            at++;
        }

        return at > start && !(at - start > 1 && pattern[start] == '0');
    }
}
