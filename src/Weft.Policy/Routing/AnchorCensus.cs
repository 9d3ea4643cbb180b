using System.Text;
using Weft.Policy.Matching;
using Weft.Primitives.Expressions;

namespace Weft.Policy.Routing;

internal enum SubjectKind : byte
{
    Path,
    Header,
    Query,
}

/// <summary>A text of a request that anchors speak of.</summary>
internal readonly record struct AnchorSubject(SubjectKind Kind, string Name);

internal enum AnchorKind : byte
{
    None,
    Exact,
    Prefix,

    /// <summary>Four bytes that stand somewhere in the text.</summary>
    Gram,

    /// <summary>The whole condition as an expression, tried in one walk with others.</summary>
    Set,
}

/// <param name="Expression">Of <see cref="AnchorKind.Set"/>: it matches whatever the condition matches, and may match more.</param>
internal readonly record struct Anchor(AnchorKind Kind, AnchorSubject Subject, byte[] Key, Re2Node? Expression = null)
{
    public string Identity => $"{(int)Kind}\n{(int)Subject.Kind}{Subject.Name}\n{Convert.ToHexString(Key)}";
}

/// <summary>Counts which anchors tell matches apart, so that each hangs where it has the least company.</summary>
internal sealed class AnchorCensus
{
    // Each name costs every request one lookup; rules on more names than this are tried one by one.
    private const int NamesMax = 8;

    // So many candidates may be tried before walking an automaton is cheaper.
    private const int SetWorth = 8;

    // Of one condition; the first ones of a long expression tell it apart as well as all would.
    private const int GramsMax = 64;

    private readonly Dictionary<string, int> _company = [];
    private readonly HashSet<AnchorSubject> _subjects;

    public AnchorCensus(IReadOnlyList<MatchModel> entries)
    {
        _subjects =
        [
            .. entries.SelectMany(Conditions).Select(c => c.Subject).Where(s => s.Kind is not SubjectKind.Path)
                .GroupBy(s => s).OrderByDescending(g => g.Count()).Take(NamesMax).Select(g => g.Key),
            new AnchorSubject(SubjectKind.Path, string.Empty),
        ];
        foreach (string anchor in entries.SelectMany(e => Possible(e).Select(a => a.Identity).Distinct()))
        {
            _company[anchor] = _company.GetValueOrDefault(anchor) + 1;
        }
    }

    public Anchor Choose(MatchModel match) => Possible(match).OrderBy(Cost).ThenBy(a => (int)a.Kind).FirstOrDefault();

    private int Cost(Anchor anchor) => _company[anchor.Identity] + (anchor.Kind is AnchorKind.Set ? SetWorth : 0);

    private IEnumerable<Anchor> Possible(MatchModel match) =>
        Conditions(match).Where(c => _subjects.Contains(c.Subject)).SelectMany(c => Anchors(c.Subject, c.Text));

    /// <summary>What must be there and hold for the match to hold.</summary>
    private static IEnumerable<(AnchorSubject Subject, TextMatcher Text)> Conditions(MatchModel match)
    {
        if (match.Path is { Invert: false } path)
        {
            yield return (new AnchorSubject(SubjectKind.Path, string.Empty), path);
        }

        foreach (var header in match.Headers.Where(h => h is { MissingIsEmpty: false, Value.Invert: false }))
        {
            yield return (new AnchorSubject(SubjectKind.Header, header.Name.Text), header.Value);
        }

        foreach (var parameter in match.Query.Where(q => q is { MissingIsEmpty: false, Value.Invert: false }))
        {
            yield return (new AnchorSubject(SubjectKind.Query, parameter.Name.Text), parameter.Value);
        }
    }

    private static IEnumerable<Anchor> Anchors(AnchorSubject subject, TextMatcher text)
    {
        if (text.Kind is TextMatchKind.Present or TextMatchKind.Absent)
        {
            yield break;
        }

        if (!text.IgnoreCase)
        {
            if (text.Kind is TextMatchKind.Exact)
            {
                yield return new Anchor(AnchorKind.Exact, subject, text.Value.ToArray());
                yield break;
            }

            if (PrefixOf(text) is { Length: > 0 } prefix)
            {
                yield return new Anchor(AnchorKind.Prefix, subject, prefix);
            }

            foreach (byte[] gram in Runs(text).SelectMany(Grams).Take(GramsMax))
            {
                yield return new Anchor(AnchorKind.Gram, subject, gram);
            }
        }

        if (ExpressionOf(text) is { } expression)
        {
            yield return new Anchor(AnchorKind.Set, subject, Encoding.UTF8.GetBytes(text.Kind + text.Written), expression);
        }
    }

    private static byte[]? PrefixOf(TextMatcher text) => text.Kind switch
    {
        TextMatchKind.Prefix or TextMatchKind.PathPrefix => text.Value.ToArray(),
        TextMatchKind.Regex => text.Expression?.LiteralPrefix.ToArray(),
        _ => null,
    };

    private static IEnumerable<byte[]> Runs(TextMatcher text) => text.Kind switch
    {
        TextMatchKind.Suffix => [text.Value.ToArray()],
        TextMatchKind.Regex => text.Expression?.LiteralRuns ?? [],
        _ => [], // a prefix finds itself by its beginning
    };

    private static IEnumerable<byte[]> Grams(byte[] run)
    {
        for (int at = 0; at + GramIndex.Length <= run.Length; at++)
        {
            yield return run[at..(at + GramIndex.Length)];
        }
    }

    private static Re2Node? ExpressionOf(TextMatcher text)
    {
        if (text is { Kind: TextMatchKind.Regex, IgnoreCase: false })
        {
            return text.Expression?.Node;
        }

        string any = text.Kind is TextMatchKind.Regex or TextMatchKind.Exact ? string.Empty : "\\C*";
        string body = text.Kind is TextMatchKind.Regex ? text.Written : Quoted(text.Kind is TextMatchKind.PathPrefix ? text.Written.TrimEnd('/') : text.Written);
        string pattern = (text.IgnoreCase ? "(?i)" : string.Empty) + (text.Kind is TextMatchKind.Suffix ? any + body : body + any);
        return Re2.TryParse(pattern, out var expression, out _) ? expression.Node : null;
    }

    private static string Quoted(string text) => string.Concat(text.Select(c => char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c) ? $"\\{c}" : c.ToString()));
}
