using Weft.Telemetry.AccessLogs;
using Weft.Telemetry.Buffers;
using Weft.Telemetry.Metrics;

namespace Weft.Telemetry;

/// <summary>The process's telemetry: one part per loop, merged here. Owned by the host; any thread may read.</summary>
/// <remarks>Rings are made when their settings are first switched on: a proxy at rest pays nothing for what nobody wants.</remarks>
public sealed class TelemetryHub : IDisposable
{
    internal const int LineRingBytes = 256 << 10;
    internal const int SpanRingBytes = 256 << 10;
    internal const int TapRingBytes = 64 << 10;

    private readonly Func<Stream> _openAccessLog;
    private readonly ByteRing?[] _lines;
    private readonly ByteRing?[] _spans;
    private readonly ByteRing?[] _taps;
    private volatile TelemetrySettings _settings = TelemetrySettings.CountersOnly;
    private RingWriter? _writer;

    /// <param name="openAccessLog">Called once, when the access log is first wanted.</param>
    public TelemetryHub(int loops, Func<Stream> openAccessLog)
    {
        _openAccessLog = openAccessLog;
        _lines = new ByteRing?[loops];
        _spans = new ByteRing?[loops];
        _taps = new ByteRing?[loops];
        Edges = new EdgeTable(loops);
        Loops = new LoopTelemetry[loops];
        for (int i = 0; i < loops; i++)
        {
            Loops[i] = new LoopTelemetry(this, i);
        }
    }

    public EdgeTable Edges { get; }

    public LoopTelemetry[] Loops { get; }

    public TelemetrySettings Settings => _settings;

    public long LineDrops => Drops(_lines) + (_writer?.FailedLines ?? 0);

    public long SpanDrops => Drops(_spans);

    public long TapDrops => Drops(_taps);

    /// <summary>Control loop only.</summary>
    public void Apply(TelemetrySettings settings)
    {
        // What the settings need exists before a loop can see them.
        if (settings.AccessLog && _writer is null)
        {
            Make(_lines, LineRingBytes);
            _writer = new RingWriter(_lines!, _openAccessLog());
        }

        if (settings.Spans)
        {
            Make(_spans, SpanRingBytes);
        }

        if (settings.Tap is not null)
        {
            Make(_taps, TapRingBytes);
        }

        _settings = settings;
    }

    /// <summary>Takes what the loops left as spans, each an encoded OTLP <c>Span</c>. One consumer.</summary>
    public int DrainSpans(int recordsMax, Action<ReadOnlyMemory<byte>> take) => Drain(_spans, recordsMax, take);

    /// <summary>Takes what the loops left as taps, each an encoded <c>TapEvent</c>. One consumer.</summary>
    public int DrainTaps(int recordsMax, Action<ReadOnlyMemory<byte>> take) => Drain(_taps, recordsMax, take);

    /// <summary>Writes the last lines. No loop may record any more.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        _writer = null;
    }

    internal ByteRing Lines(int loop) => _lines[loop]!;

    internal ByteRing Spans(int loop) => _spans[loop]!;

    internal ByteRing Taps(int loop) => _taps[loop]!;

    internal void WakeWriter() => _writer?.Wake();

    private static void Make(ByteRing?[] rings, int bytes)
    {
        for (int i = 0; i < rings.Length; i++)
        {
            rings[i] ??= new ByteRing(bytes);
        }
    }

    private static long Drops(ByteRing?[] rings) => rings.Sum(r => r?.Drops ?? 0);

    private static int Drain(ByteRing?[] rings, int recordsMax, Action<ReadOnlyMemory<byte>> take)
    {
        int taken = 0;
        foreach (ByteRing? ring in rings)
        {
            while (ring is not null && taken < recordsMax && ring.TryPeek(out ReadOnlyMemory<byte> record))
            {
                take(record);
                ring.Release(record.Length);
                taken++;
            }
        }

        return taken;
    }
}
