using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy.Matching;

namespace Weft.Policy.Authorization;

/// <summary>Alternatives: a value matches when it matches one of them. Immutable.</summary>
internal sealed class TextSet
{
    private readonly ByteMap<object> _exact = new();
    private readonly ImmutableArray<TextMatcher> _others;

    private TextSet(IEnumerable<TextMatcher> matchers)
    {
        var others = ImmutableArray.CreateBuilder<TextMatcher>();
        foreach (var matcher in matchers)
        {
            if (matcher is { Kind: TextMatchKind.Exact, IgnoreCase: false, Invert: false })
            {
                _exact.TryAdd(matcher.Value.ToArray(), matcher);
            }
            else
            {
                others.Add(matcher);
            }
        }

        _others = others.ToImmutable();
    }

    /// <summary>Null when nothing is asked.</summary>
    public static TextSet? Compile(IReadOnlyCollection<StringMatch> matches, string field, ProblemSink problems) =>
        matches.Count == 0 ? null : new TextSet(matches.Select(m => TextMatcher.Compile(m, field, problems)).OfType<TextMatcher>());

    /// <summary>An attribute that is not there matches no value; only the condition that it be absent holds.</summary>
    public bool Matches(bool found, ReadOnlySpan<byte> value)
    {
        if (found && _exact.Count > 0 && _exact.TryGet(value, out _))
        {
            return true;
        }

        foreach (var matcher in _others)
        {
            if (found ? matcher.Matches(value) : matcher.MatchesMissing())
            {
                return true;
            }
        }

        return false;
    }

    public bool Matches(Utf8Text? value) => Matches(value is not null, value is null ? default : value.Span);

    public bool Matches(ReadOnlySpan<byte> value) => Matches(!value.IsEmpty, value);
}

/// <summary>Address blocks: an address matches when one holds it. Immutable.</summary>
internal sealed class BlockSet
{
    private readonly ImmutableArray<IpBlock> _blocks;

    private BlockSet(ImmutableArray<IpBlock> blocks) => _blocks = blocks;

    public static BlockSet? Compile(IReadOnlyCollection<string> written, string field, ProblemSink problems)
    {
        if (written.Count == 0)
        {
            return null;
        }

        var blocks = ImmutableArray.CreateBuilder<IpBlock>(written.Count);
        foreach (string text in written)
        {
            if (IpBlock.TryParse(text, out var block))
            {
                blocks.Add(block);
            }
            else
            {
                problems.Add(field, $"'{text}' is no address block; write \"10.0.0.0/8\" or \"10.1.2.3\".");
            }
        }

        return new BlockSet(blocks.ToImmutable());
    }

    public bool Contains(IpValue address)
    {
        foreach (var block in _blocks)
        {
            if (block.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
