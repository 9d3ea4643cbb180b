using System.Text;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>
/// Finds the first of many ordered matches without trying them all. Every match hangs on one anchor, a condition that a request fulfils only if
/// one lookup finds it: its exact path, a prefix of its path, or an exact header. The request's lookups give short ascending lists of
/// candidates; each list is tried up to the best match so far, so the answer is exactly that of trying all in order. Immutable.
/// </summary>
internal sealed class RouteIndex
{
    // Each name costs every request one header lookup; rules on more names than this are tried one by one.
    private const int AnchorHeadersMax = 8;

    private readonly MatchModel[] _entries;
    private readonly ByteMap<List<int>> _exact = new();
    private readonly PrefixTrie _prefixes = new();
    private readonly List<(Utf8Text Name, ByteMap<List<int>> Values)> _headers = [];
    private readonly int[] _always;

    public RouteIndex(MatchModel[] entries)
    {
        _entries = entries;
        var census = new AnchorCensus(entries, AnchorHeadersMax);
        var always = new List<int>();
        for (int i = 0; i < entries.Length; i++)
        {
            Place(i, census.Choose(entries[i]), always);
        }

        _always = [.. always];
    }

    /// <summary>The place of the first match that holds, or -1.</summary>
    public int Find<T>(ref T facts)
        where T : IRequestFacts, allows ref struct
    {
        int best = int.MaxValue;
        var path = facts.Path;
        if (_exact.Count > 0 && _exact.TryGet(path, out var exact))
        {
            Try(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(exact), ref facts, ref best);
        }

        for (var walk = _prefixes.Start(); walk.TryNext(path, out var entries);)
        {
            Try(entries, ref facts, ref best);
        }

        foreach (var (name, values) in _headers)
        {
            if (facts.TryGetHeader(name.Span, out var value) && values.TryGet(value, out var entries))
            {
                Try(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(entries), ref facts, ref best);
            }
        }

        Try(_always, ref facts, ref best);
        return best == int.MaxValue ? -1 : best;
    }

    private void Try<T>(ReadOnlySpan<int> candidates, ref T facts, ref int best)
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

    private void Place(int entry, Anchor anchor, List<int> always)
    {
        switch (anchor.Kind)
        {
            case AnchorKind.ExactPath:
                _exact.GetOrAdd(anchor.Key, static () => []).Add(entry);
                break;
            case AnchorKind.PathPrefix:
                _prefixes.Add(anchor.Key, entry);
                break;
            case AnchorKind.Header:
                HeaderValues(anchor.Name).GetOrAdd(anchor.Key, static () => []).Add(entry);
                break;
            default:
                always.Add(entry);
                break;
        }
    }

    private ByteMap<List<int>> HeaderValues(string name)
    {
        foreach (var (known, values) in _headers)
        {
            if (known.Text == name)
            {
                return values;
            }
        }

        var added = new ByteMap<List<int>>();
        _headers.Add((new Utf8Text(name), added));
        return added;
    }
}

internal enum AnchorKind : byte
{
    None,
    ExactPath,
    PathPrefix,
    Header,
}

internal readonly record struct Anchor(AnchorKind Kind, string Name, byte[] Key)
{
    public string Identity => $"{(int)Kind}\n{Name}\n{Convert.ToHexString(Key)}";
}

/// <summary>Counts which anchors tell matches apart, so that each hangs where it has the least company.</summary>
internal sealed class AnchorCensus
{
    private readonly Dictionary<string, int> _company = [];
    private readonly HashSet<string> _headerNames;

    public AnchorCensus(IReadOnlyList<MatchModel> entries, int headerNamesMax)
    {
        _headerNames = [.. entries.SelectMany(HeaderAnchors).GroupBy(a => a.Name).OrderByDescending(g => g.Count()).Take(headerNamesMax).Select(g => g.Key)];
        foreach (var anchor in entries.SelectMany(Possible))
        {
            _company[anchor.Identity] = _company.GetValueOrDefault(anchor.Identity) + 1;
        }
    }

    public Anchor Choose(MatchModel match) =>
        Possible(match).OrderBy(a => _company[a.Identity]).ThenBy(a => (int)a.Kind).FirstOrDefault(new Anchor(AnchorKind.None, string.Empty, []));

    private IEnumerable<Anchor> Possible(MatchModel match)
    {
        if (match.Path is { Invert: false, IgnoreCase: false } path)
        {
            if (path.Kind is TextMatchKind.Exact)
            {
                yield return new Anchor(AnchorKind.ExactPath, string.Empty, path.Value.ToArray());
            }
            else if (PrefixOf(path) is { Length: > 0 } prefix)
            {
                yield return new Anchor(AnchorKind.PathPrefix, string.Empty, prefix);
            }
        }

        foreach (var anchor in HeaderAnchors(match).Where(a => _headerNames.Contains(a.Name)))
        {
            yield return anchor;
        }
    }

    private static IEnumerable<Anchor> HeaderAnchors(MatchModel match) => match.Headers
        .Where(h => h is { MissingIsEmpty: false, Value: { Kind: TextMatchKind.Exact, Invert: false, IgnoreCase: false } })
        .Select(h => new Anchor(AnchorKind.Header, h.Name.Text, Encoding.UTF8.GetBytes(h.Value.Written)));

    private static byte[]? PrefixOf(TextMatcher path) => path.Kind switch
    {
        TextMatchKind.Prefix or TextMatchKind.PathPrefix => path.Value.ToArray(),
        TextMatchKind.Regex => path.Expression?.LiteralPrefix.ToArray(),
        _ => null,
    };
}
