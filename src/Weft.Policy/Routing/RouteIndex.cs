using System.Diagnostics.CodeAnalysis;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>
/// Finds the first of many ordered matches without trying them all. Every match hangs on one anchor, a condition that a request fulfils only if
/// one lookup finds it: something about its path, about one of its headers or of its query's parameters. The lookups give short ascending lists
/// of candidates; each list is tried up to the best match so far, so the answer is exactly that of trying all in order. Immutable.
/// </summary>
internal sealed class RouteIndex
{
    private readonly MatchModel[] _entries;
    private readonly Subject[] _subjects;
    private readonly int[] _always;

    public RouteIndex(MatchModel[] entries)
    {
        _entries = entries;
        var census = new AnchorCensus(entries);
        var always = new List<int>();
        Anchor[] chosen = [.. entries.Select(census.Choose)];
        var hung = chosen.Select((anchor, entry) => (Anchor: anchor, Entry: entry)).ToLookup(a => a.Anchor.Kind is AnchorKind.None);
        always.AddRange(hung[true].Select(a => a.Entry));
        _subjects = [.. hung[false].GroupBy(a => a.Anchor.Subject).Select(g => new Subject(g.Key, new TextIndex(g, always)))];
        _always = [.. always.Order()];
    }

    /// <summary>Of one route that takes everything, which is all that most services have.</summary>
    public static RouteIndex OnlyAny { get; } = new([MatchModel.Any]);

    /// <summary>The place of the first match that holds, or -1.</summary>
    public int Find<T>(ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        int best = int.MaxValue;
        foreach (var subject in _subjects)
        {
            if (subject.TryRead(ref facts, out var text))
            {
                Search(subject.Index, text, ref facts, ref best);
            }
        }

        Try(_always, ref facts, ref best);
        return best == int.MaxValue ? -1 : best;
    }

    private void Search<T>(TextIndex index, scoped ReadOnlySpan<byte> text, ref T facts, ref int best)
        where T : IRequestFacts, allows ref struct
    {
        Span<ulong> seen = stackalloc ulong[index.SeenWords];
        for (var walk = index.Start(text, seen); walk.TryNext(out var entries);)
        {
            Try(entries, ref facts, ref best);
        }
    }

    private void Try<T>(scoped ReadOnlySpan<int> candidates, ref T facts, ref int best)
        where T : IRequestFacts, allows ref struct
    {
        foreach (int candidate in candidates)
        {
            if (candidate >= best)
            {
                return;
            }

            if (_entries[candidate].Try(ref facts).IsMatch)
            {
                best = candidate;
                return;
            }
        }
    }

    /// <summary>One text of requests and the entries that hang on it.</summary>
    private sealed class Subject(AnchorSubject subject, TextIndex index)
    {
        private readonly Utf8Text _name = new(subject.Name);

        public TextIndex Index => index;

        public bool TryRead<T>(ref T facts, [UnscopedRef] out ReadOnlySpan<byte> text)
            where T : IRequestFacts, allows ref struct
        {
            switch (subject.Kind)
            {
                case SubjectKind.Path:
                    text = facts.Path;
                    return true;
                case SubjectKind.Header:
                    return facts.TryGetHeader(_name.Span, out text);
                default:
                    return QueryString.TryGet(facts.Query, _name.Span, out text);
            }
        }
    }
}
