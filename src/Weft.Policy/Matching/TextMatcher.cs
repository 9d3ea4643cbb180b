using System.Text;
using Weft.Model.V1;
using Weft.Primitives.Expressions;

namespace Weft.Policy.Matching;

/// <summary>How a <see cref="TextMatcher"/> compares.</summary>
public enum TextMatchKind : byte
{
    Present,
    Absent,
    Exact,
    Prefix,
    Suffix,
    PathPrefix,
    Regex,
}

/// <summary>One compiled condition on text. Immutable, shared by all loops.</summary>
public sealed class TextMatcher
{
    private readonly byte[] _value;
    private readonly Re2? _regex;

    private TextMatcher(TextMatchKind kind, byte[] value, string written, StringMatch source, Re2? regex)
    {
        Kind = kind;
        _value = source.IgnoreCase ? AsciiFold.Lower(value) : value;
        _regex = regex;
        Written = written;
        IgnoreCase = source.IgnoreCase;
        Invert = source.Invert;
    }

    public TextMatchKind Kind { get; }

    /// <summary>The operand as written.</summary>
    public string Written { get; }

    public bool IgnoreCase { get; }

    public bool Invert { get; }

    internal ReadOnlySpan<byte> Value => _value;

    internal Re2? Expression => _regex;

    /// <summary>Null, with a problem noted, when the condition cannot be read.</summary>
    internal static TextMatcher? Compile(StringMatch match, string field, ProblemSink problems)
    {
        var (kind, written) = Describe(match);
        byte[] value = Encoding.UTF8.GetBytes(kind is TextMatchKind.PathPrefix ? written.TrimEnd('/') : written);
        Re2? regex = null;
        if (kind is TextMatchKind.Regex && !Re2.TryParse(match.IgnoreCase ? "(?i)" + written : written, out regex, out string? error))
        {
            problems.Add(field, $"regex '{written}': {error} Regular expressions are RE2.");
            return null;
        }

        return new TextMatcher(kind, value, written, match, regex);
    }

    /// <summary>The answer for a value that is there.</summary>
    public bool Matches(ReadOnlySpan<byte> text) => MatchesPlain(text) != Invert;

    /// <summary>
    /// The answer for a value that is not there. A condition on the value cannot hold then, inverted or not; only presence itself can be
    /// inverted. (Istio's withoutHeaders compares with "" instead: <see cref="FieldMatcher"/>.)
    /// </summary>
    public bool MatchesMissing() => Kind switch
    {
        TextMatchKind.Present => Invert,
        TextMatchKind.Absent => !Invert,
        _ => false,
    };

    public override string ToString()
    {
        string not = Invert ? "not " : string.Empty;
        string fold = IgnoreCase ? " (any case)" : string.Empty;
        return Kind switch
        {
            TextMatchKind.Present => $"{not}present",
            TextMatchKind.Absent => $"{not}absent",
            TextMatchKind.Exact => $"{not}'{Written}'{fold}",
            TextMatchKind.Prefix => $"{not}prefix '{Written}'{fold}",
            TextMatchKind.Suffix => $"{not}suffix '{Written}'{fold}",
            TextMatchKind.PathPrefix => $"{not}path prefix '{Written}'{fold}",
            _ => $"{not}regex '{Written}'{fold}",
        };
    }

    private bool MatchesPlain(ReadOnlySpan<byte> text) => Kind switch
    {
        TextMatchKind.Exact => IgnoreCase ? AsciiFold.EqualsLower(text, _value) : text.SequenceEqual(_value),
        TextMatchKind.Prefix => StartsWith(text),
        TextMatchKind.Suffix => text.Length >= _value.Length && EndEquals(text[^_value.Length..]),
        TextMatchKind.PathPrefix => StartsWith(text) && (text.Length == _value.Length || text[_value.Length] == (byte)'/'),
        TextMatchKind.Present => true,
        TextMatchKind.Absent => false,
        _ => _regex!.IsMatch(text), // Compile makes none of this kind without its expression
    };

    private bool StartsWith(ReadOnlySpan<byte> text) =>
        text.Length >= _value.Length && EndEquals(text[.._value.Length]);

    private bool EndEquals(ReadOnlySpan<byte> part) => IgnoreCase ? AsciiFold.EqualsLower(part, _value) : part.SequenceEqual(_value);

    private static (TextMatchKind Kind, string Written) Describe(StringMatch match) => match.KindCase switch
    {
        StringMatch.KindOneofCase.Exact => (TextMatchKind.Exact, match.Exact),
        StringMatch.KindOneofCase.Prefix => (TextMatchKind.Prefix, match.Prefix),
        StringMatch.KindOneofCase.Suffix => (TextMatchKind.Suffix, match.Suffix),
        StringMatch.KindOneofCase.Regex => (TextMatchKind.Regex, match.Regex),
        StringMatch.KindOneofCase.PathPrefix => (TextMatchKind.PathPrefix, match.PathPrefix),
        StringMatch.KindOneofCase.Present when !match.Present => (TextMatchKind.Absent, string.Empty),
        _ => (TextMatchKind.Present, string.Empty),
    };
}
