using Weft.Telemetry.Records;

namespace Weft.Telemetry.Metrics;

/// <summary>The labels of a request that are only known at its end.</summary>
public readonly record struct ResponseKey(RequestProtocol Protocol, int Status, int GrpcStatus, Fault Fault);

/// <summary>One edge's counters of one loop. Written by that loop only.</summary>
internal sealed class EdgeSeries
{
    /// <summary>Distinct endings kept apart per edge and loop; an application may answer any status, so it needs a bound. More are summed up.</summary>
    internal const int ResponsesMax = 64;

    private static readonly ResponseKey Overflow = new(RequestProtocol.Http, 0, -1, Fault.None);

    private ResponseSeries[] _responses = [];
    private ResponseSeries? _last;
    private ulong _tcpOpened;
    private ulong _tcpClosed;
    private ulong _tcpSent;
    private ulong _tcpReceived;
    private ulong _requests;

    public ulong Activity =>
        Volatile.Read(ref _requests) + Volatile.Read(ref _tcpOpened) + Volatile.Read(ref _tcpClosed) + Volatile.Read(ref _tcpSent) + Volatile.Read(ref _tcpReceived);

    public void RequestEnded(in RequestRecord record)
    {
        var key = new ResponseKey(record.Protocol, record.Status, record.GrpcStatus, record.Fault);
        ResponseSeries series = _last is { } last && last.Key == key ? last : Find(key);
        series.Add(record.DurationMs, record.RequestBytes, record.ResponseBytes);
        _requests++;
    }

    public void ConnectionOpened() => _tcpOpened++;

    public void ConnectionClosed() => _tcpClosed++;

    public void ConnectionMoved(long sent, long received)
    {
        _tcpSent += (ulong)sent;
        _tcpReceived += (ulong)received;
    }

    public void MergeInto(EdgeTotals totals)
    {
        foreach (ResponseSeries series in Volatile.Read(ref _responses))
        {
            series.MergeInto(totals.Of(series.Key));
        }

        totals.TcpOpened += Volatile.Read(ref _tcpOpened);
        totals.TcpClosed += Volatile.Read(ref _tcpClosed);
        totals.TcpSent += Volatile.Read(ref _tcpSent);
        totals.TcpReceived += Volatile.Read(ref _tcpReceived);
    }

    private ResponseSeries Find(ResponseKey key)
    {
        foreach (ResponseSeries series in _responses)
        {
            if (series.Key == key)
            {
                return _last = series;
            }
        }

        return _responses.Length < ResponsesMax || key == Overflow ? _last = Append(key) : Find(Overflow);
    }

    private ResponseSeries Append(ResponseKey key)
    {
        // Scrapes read the array from another thread, so it is replaced, never changed.
        var series = new ResponseSeries(key);
        Volatile.Write(ref _responses, [.. _responses, series]);
        return series;
    }
}

/// <summary>Count, latency and sizes of one way a request can end.</summary>
internal sealed class ResponseSeries(ResponseKey key)
{
    private readonly Histogram _latency = new(LatencyBounds.Milliseconds.Length);
    private readonly Histogram _requestBytes = new(SizeBounds.Bytes.Length);
    private readonly Histogram _responseBytes = new(SizeBounds.Bytes.Length);

    public ResponseKey Key { get; } = key;

    public void Add(double milliseconds, long requestBytes, long responseBytes)
    {
        _latency.Add(LatencyBounds.Milliseconds, milliseconds);
        _requestBytes.Add(SizeBounds.Bytes, requestBytes);
        _responseBytes.Add(SizeBounds.Bytes, responseBytes);
    }

    public void MergeInto(ResponseTotals totals)
    {
        _latency.MergeInto(totals.Latency);
        _requestBytes.MergeInto(totals.RequestBytes);
        _responseBytes.MergeInto(totals.ResponseBytes);
    }
}
