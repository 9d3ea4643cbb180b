using System.Text;
using Weft.Model.V1;

namespace Weft.Policy.Matching;

/// <summary>A condition on a named field: a header, a query parameter, a claim.</summary>
public sealed class FieldMatcher
{
    private FieldMatcher(Utf8Text name, TextMatcher value, bool missingIsEmpty)
    {
        Name = name;
        Value = value;
        MissingIsEmpty = missingIsEmpty;
    }

    public Utf8Text Name { get; }

    public TextMatcher Value { get; }

    /// <summary>Istio's withoutHeaders: a field that is not there compares as the empty string, unless presence itself is asked.</summary>
    public bool MissingIsEmpty { get; }

    internal static FieldMatcher? Compile(HeaderMatch match, bool foldName, string field, ProblemSink problems)
    {
        if (match.Name.Length == 0)
        {
            problems.Add(field, "the condition names no field; give its name.");
            return null;
        }

        var value = TextMatcher.Compile(match.Value ?? new StringMatch(), $"{field}[{match.Name}]", problems);
        return value is null ? null : new FieldMatcher(new Utf8Text(foldName ? match.Name.ToLowerInvariant() : match.Name), value, match.MissingIsEmpty);
    }

    internal bool Matches(bool found, ReadOnlySpan<byte> value)
    {
        if (found)
        {
            return Value.Matches(value);
        }

        return MissingIsEmpty && Value.Kind is not (TextMatchKind.Present or TextMatchKind.Absent)
            ? Value.Matches(default)
            : Value.MatchesMissing();
    }

    public override string ToString() => $"{Name} {Value}";
}
