using Weft.Telemetry.AccessLogs;
using Weft.Telemetry.Buffers;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Telemetry.Taps;
using Weft.Telemetry.Tracing;

namespace Weft.Telemetry;

/// <summary>One loop's telemetry: counters, and the rings that its lines, spans and taps leave by. Used by that loop only.</summary>
public sealed class LoopTelemetry : ITrafficSink
{
    /// <summary>Longest access log line, span or tap; a longer one is dropped and counted. Paths are at most this long by the head limit's default.</summary>
    internal const int RecordBytesMax = 8 << 10;

    private readonly TelemetryHub _hub;
    private readonly int _loop;
    private readonly byte[] _scratch = new byte[RecordBytesMax];
    private long _tapSecond;
    private int _tapsThisSecond;

    internal LoopTelemetry(TelemetryHub hub, int loop)
    {
        _hub = hub;
        _loop = loop;
    }

    public LoopCounters Counters { get; } = new();

    public TelemetrySettings Settings => _hub.Settings;

    public void RequestEnded(in RequestRecord record)
    {
        record.Edge.Series(_loop).RequestEnded(record);
        if (record.Fault != Fault.None)
        {
            Counters.Count(record.Fault);
        }

        TelemetrySettings settings = _hub.Settings;
        if (settings.AccessLog)
        {
            WriteLine(record);
        }

        if (settings.Spans && record.Trace is { Sampled: true, IsValid: true })
        {
            WriteSpan(record);
        }

        if (settings.Tap is { } tap && tap.Matches(record))
        {
            WriteTap(record, tap);
        }
    }

    public void ConnectionOpened(Edge edge) => edge.Series(_loop).ConnectionOpened();

    public void ConnectionMoved(Edge edge, long sent, long received) => edge.Series(_loop).ConnectionMoved(sent, received);

    public void ConnectionEnded(in ConnectionRecord record)
    {
        EdgeSeries series = record.Edge.Series(_loop);
        series.ConnectionMoved(record.SentDelta, record.ReceivedDelta);
        series.ConnectionClosed();
        if (record.Fault != Fault.None)
        {
            Counters.Count(record.Fault);
        }

        if (_hub.Settings.AccessLog)
        {
            var line = new JsonLine(_scratch);
            PushLine(AccessLogLine.TryWrite(record, ref line), line.Written);
        }
    }

    private void WriteLine(in RequestRecord record)
    {
        var line = new JsonLine(_scratch);
        PushLine(AccessLogLine.TryWrite(record, ref line), line.Written);
    }

    private void PushLine(bool complete, ReadOnlySpan<byte> line)
    {
        Push(_hub.Lines(_loop), complete, line);
        _hub.WakeWriter();
    }

    private void WriteSpan(in RequestRecord record)
    {
        var writer = new ProtoWriter(_scratch);
        Push(_hub.Spans(_loop), SpanEncoder.TryWrite(record, ref writer), writer.Written);
    }

    private void WriteTap(in RequestRecord record, TapFilter tap)
    {
        long second = record.StartUnixMicros / 1_000_000;
        if (second != _tapSecond)
        {
            _tapSecond = second;
            _tapsThisSecond = 0;
        }

        if (++_tapsThisSecond > tap.MaxPerSecond)
        {
            return;
        }

        var writer = new ProtoWriter(_scratch);
        Push(_hub.Taps(_loop), TapEncoder.TryWrite(record, ref writer), writer.Written);
    }

    private static void Push(ByteRing ring, bool complete, ReadOnlySpan<byte> bytes)
    {
        if (complete)
        {
            ring.TryWrite(bytes);
        }
        else
        {
            ring.CountDrop();
        }
    }
}
