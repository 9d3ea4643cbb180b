namespace Weft.Policy.Routing;

/// <summary>A radix tree over byte prefixes: one walk along a path meets every prefix of it that has entries. Built once, then only read.</summary>
internal sealed class PrefixTrie
{
    private readonly Node _root = new([]);

    public void Add(ReadOnlySpan<byte> prefix, int entry)
    {
        var node = _root;
        while (true)
        {
            int common = prefix.CommonPrefixLength(node.Label);
            if (common < node.Label.Length)
            {
                node.SplitAt(common);
            }

            prefix = prefix[common..];
            if (prefix.IsEmpty)
            {
                node.Entries = [.. node.Entries, entry];
                return;
            }

            node = node.ChildFor(prefix);
        }
    }

    public Walk Start() => new(_root);

    /// <summary>Goes down along a text; each step that returns true gives entries to try.</summary>
    public ref struct Walk
    {
        private Node? _next;
        private int _at;

        internal Walk(Node root) => _next = root;

        public bool TryNext(scoped ReadOnlySpan<byte> text, out ReadOnlySpan<int> entries)
        {
            while (_next is { } node)
            {
                var rest = text[_at..];
                if (!rest.StartsWith(node.Label))
                {
                    break;
                }

                _at += node.Label.Length;
                rest = rest[node.Label.Length..];
                int child = rest.IsEmpty ? -1 : node.First.AsSpan().IndexOf(rest[0]);
                _next = child < 0 ? null : node.Children[child];
                if (node.Entries.Length > 0)
                {
                    entries = node.Entries;
                    return true;
                }
            }

            _next = null;
            entries = default;
            return false;
        }
    }

    internal sealed class Node(byte[] label)
    {
        public byte[] Label { get; private set; } = label;

        public int[] Entries { get; set; } = [];

        /// <summary>The first byte of each child's label, so that a child is found by one vectorized search.</summary>
        public byte[] First { get; private set; } = [];

        public Node[] Children { get; private set; } = [];

        public Node ChildFor(ReadOnlySpan<byte> rest)
        {
            int index = First.AsSpan().IndexOf(rest[0]);
            if (index >= 0)
            {
                return Children[index];
            }

            var child = new Node(rest.ToArray());
            First = [.. First, rest[0]];
            Children = [.. Children, child];
            return child;
        }

        public void SplitAt(int length)
        {
            var tail = new Node(Label[length..]) { Entries = Entries, First = First, Children = Children };
            Label = Label[..length];
            Entries = [];
            First = [tail.Label[0]];
            Children = [tail];
        }
    }
}
