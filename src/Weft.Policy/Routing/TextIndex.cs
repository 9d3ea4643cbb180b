using System.Runtime.InteropServices;
using Weft.Policy.Matching;
using Weft.Primitives.Expressions;

namespace Weft.Policy.Routing;

/// <summary>
/// Entries by what one text of a request (its path, a header, a query parameter) must look like for them to match. A lookup gives short ascending
/// lists of candidates. Built once, then only read.
/// </summary>
internal sealed class TextIndex
{
    private readonly ByteMap<List<int>> _exact = new();
    private readonly PrefixTrie _prefixes = new();
    private readonly GramIndex? _grams;
    private readonly Re2Set? _set;
    private readonly int[] _inSet;
    private readonly bool _hasPrefixes;

    /// <param name="anchors">In the order of their entries.</param>
    /// <param name="left">Takes the entries that are better tried always.</param>
    public TextIndex(IEnumerable<(Anchor Anchor, int Entry)> anchors, List<int> left)
    {
        var grams = new Dictionary<uint, List<int>>();
        var set = new List<(Re2Node Node, int Number)>();
        foreach (var (anchor, entry) in anchors)
        {
            switch (anchor.Kind)
            {
                case AnchorKind.Exact:
                    _exact.GetOrAdd(anchor.Key, static () => []).Add(entry);
                    break;
                case AnchorKind.Prefix:
                    _prefixes.Add(anchor.Key, entry);
                    _hasPrefixes = true;
                    break;
                case AnchorKind.Gram when grams.Count < GramIndex.GramsMax:
                    ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(grams, GramIndex.Key(anchor.Key), out _);
                    (list ??= []).Add(entry);
                    break;
                case AnchorKind.Set when anchor.Expression is { } expression:
                    set.Add((expression, entry));
                    break;
                default:
                    left.Add(entry);
                    break;
            }
        }

        _grams = GramIndex.Create(grams);
        var leftOfSet = new List<int>();
        _set = Re2Set.Create(set, leftOfSet);
        left.AddRange(leftOfSet);
        _inSet = [.. set.Select(s => s.Number).Except(leftOfSet).Order()];
    }

    public Walk Start(ReadOnlySpan<byte> text, Span<ulong> seen) => new(this, text, seen);

    /// <summary>Words of scratch for a walk.</summary>
    public int SeenWords => _grams?.SeenWords ?? 0;

    /// <summary>Every list of entries that may match a text; each step that returns true gives one.</summary>
    public ref struct Walk
    {
        private readonly TextIndex _index;
        private readonly ReadOnlySpan<byte> _text;
        private readonly Span<ulong> _seen;
        private PrefixTrie.Walk _prefixes;
        private int _stage;
        private int _at;

        internal Walk(TextIndex index, ReadOnlySpan<byte> text, Span<ulong> seen)
        {
            _index = index;
            _text = text;
            _seen = seen;
        }

        public bool TryNext(out ReadOnlySpan<int> entries)
        {
            if (_stage == 0)
            {
                _stage = 1;
                _prefixes = _index._prefixes.Start();
                if (_index._exact.Count > 0 && _index._exact.TryGet(_text, out var exact))
                {
                    entries = CollectionsMarshal.AsSpan(exact);
                    return true;
                }
            }

            if (_stage == 1 && _index._hasPrefixes && _prefixes.TryNext(_text, out entries))
            {
                return true;
            }

            _stage = Math.Max(_stage, 2);
            if (_stage == 2 && _index._grams is { } grams && grams.TryNext(_text, ref _at, _seen, out entries))
            {
                return true;
            }

            entries = default;
            if (_stage == 3 || _index._set is not { } set)
            {
                return false;
            }

            _stage = 3;
            if (!set.TryMatches(_text, out entries))
            {
                entries = _index._inSet;
            }

            return true;
        }
    }
}
