namespace Weft.Primitives.Expressions;

/// <summary>Zero-width conditions, as bits.</summary>
[Flags]
internal enum EmptyLook : byte
{
    None = 0,
    BeginLine = 1,
    EndLine = 2,
    BeginText = 4,
    EndText = 8,
    WordBoundary = 16,
    NoWordBoundary = 32,
}

/// <summary>A parsed expression. Immutable.</summary>
internal abstract record Re2Node
{
    /// <summary>The number of groups that only hold together; 0 is the whole match.</summary>
    public const int NotCapturing = -1;

    /// <summary>The product of nested counted repetitions: what the program grows by.</summary>
    public virtual int RepeatProduct => 1;

    /// <summary>Whether it can match nothing.</summary>
    public abstract bool Nullable { get; }

    internal sealed record Nothing : Re2Node
    {
        public override bool Nullable => true;
    }

    /// <summary>One code point of a set; an empty set matches never.</summary>
    internal sealed record Class(RuneSet Set) : Re2Node
    {
        public override bool Nullable => false;
    }

    /// <summary>One byte, whatever it is (\C).</summary>
    internal sealed record AnyByte : Re2Node
    {
        public override bool Nullable => false;
    }

    internal sealed record Look(EmptyLook What) : Re2Node
    {
        public override bool Nullable => true;
    }

    internal sealed record Group(Re2Node Inner, int Number) : Re2Node
    {
        public override int RepeatProduct => Inner.RepeatProduct;

        public override bool Nullable => Inner.Nullable;
    }

    /// <param name="Max">-1: without end.</param>
    /// <param name="Counted">Written with braces.</param>
    internal sealed record Repeat(Re2Node Inner, int Min, int Max, bool Greedy, bool Counted) : Re2Node
    {
        private readonly int _product = Counted ? Inner.RepeatProduct * Math.Max(1, Max < 0 ? Min : Max) : Inner.RepeatProduct;

        public override int RepeatProduct => _product;

        public override bool Nullable => Min == 0 || Inner.Nullable;
    }

    internal sealed record Concat(IReadOnlyList<Re2Node> Parts) : Re2Node
    {
        private readonly int _product = Parts.Max(p => p.RepeatProduct);
        private readonly bool _nullable = Parts.All(p => p.Nullable);

        public override int RepeatProduct => _product;

        public override bool Nullable => _nullable;
    }

    internal sealed record Alternate(IReadOnlyList<Re2Node> Parts) : Re2Node
    {
        private readonly int _product = Parts.Max(p => p.RepeatProduct);
        private readonly bool _nullable = Parts.Any(p => p.Nullable);

        public override int RepeatProduct => _product;

        public override bool Nullable => _nullable;
    }
}
