namespace Weft.Telemetry.Tracing;

/// <summary>How the trace context arrived, and so how it is passed on besides W3C's form.</summary>
public enum TraceForm : byte
{
    None,
    W3C,
    B3Single,
    B3Multi,
}

/// <summary>One span's place in its trace. <c>default</c>: the request is not traced.</summary>
/// <param name="ParentId">0 at the root.</param>
public readonly record struct SpanContext(ulong TraceHigh, ulong TraceLow, ulong SpanId, ulong ParentId, bool Sampled, TraceForm Form)
{
    public bool IsValid => (TraceHigh | TraceLow) != 0 && SpanId != 0;

    /// <summary>The span of this hop below the one that arrived.</summary>
    public SpanContext Child(Random random) => this with { ParentId = SpanId, SpanId = NextId(random) };

    /// <summary>A trace that starts here.</summary>
    public static SpanContext Root(Random random, double samplingPercent) => new(
        NextId(random), NextId(random), NextId(random), 0, random.NextDouble() * 100 < samplingPercent, TraceForm.W3C);

    private static ulong NextId(Random random)
    {
        ulong id;
        do
        {
            id = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        }
        while (id == 0);

        return id;
    }
}
