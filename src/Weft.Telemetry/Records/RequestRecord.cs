using Weft.Telemetry.Metrics;
using Weft.Telemetry.Tracing;

namespace Weft.Telemetry.Records;

/// <summary>What Istio's request_protocol label says.</summary>
public enum RequestProtocol : byte
{
    Http,
    Grpc,
    Tcp,
}

/// <summary>One ended request as its side of the mesh saw it. Lives on the stack; its spans point into buffers of the request.</summary>
public ref struct RequestRecord
{
    public RequestRecord(Edge edge)
    {
        Edge = edge;
        GrpcStatus = -1;
    }

    public Edge Edge { get; init; }

    public RequestProtocol Protocol { get; init; }

    public ReadOnlySpan<byte> Method { get; init; }

    /// <summary>Canonical path, without query: a query may hold secrets and is never logged.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    public ReadOnlySpan<byte> Authority { get; init; }

    public ReadOnlySpan<byte> UserAgent { get; init; }

    public ReadOnlySpan<byte> RequestId { get; init; }

    /// <summary>10, 11 or 20.</summary>
    public byte HttpVersion { get; init; }

    /// <summary>The status the client saw; 0 when it saw none.</summary>
    public int Status { get; init; }

    /// <summary>-1 when the response had none.</summary>
    public int GrpcStatus { get; init; }

    public Fault Fault { get; init; }

    /// <summary>Tries sent upstream: 0 when none was, more than 1 after retries.</summary>
    public int Attempts { get; init; }

    public long RequestBytes { get; init; }

    public long ResponseBytes { get; init; }

    public long StartUnixMicros { get; init; }

    public double DurationMs { get; init; }

    /// <summary>From sending to the first byte of the answer; below 0 when there was none.</summary>
    public double UpstreamMs { get; init; }

    /// <summary>Which rule decided, as its author wrote it: "VirtualService default/reviews http[0]". Resolved at compile time.</summary>
    public string? Route { get; init; }

    /// <summary>Where the last try went.</summary>
    public string? UpstreamAddress { get; init; }

    public string? ClientAddress { get; init; }

    /// <summary>For a denial: which policy and rule.</summary>
    public string? Detail { get; init; }

    public SpanContext Trace { get; init; }
}

/// <summary>One ended opaque connection.</summary>
public struct ConnectionRecord
{
    public Edge Edge { get; init; }

    public Fault Fault { get; init; }

    public long StartUnixMicros { get; init; }

    public double DurationMs { get; init; }

    /// <summary>Bytes since the last <see cref="ITrafficSink.ConnectionMoved"/>, towards the upstream.</summary>
    public long SentDelta { get; init; }

    public long ReceivedDelta { get; init; }

    /// <summary>Whole connection.</summary>
    public long Sent { get; init; }

    public long Received { get; init; }

    public string? Route { get; init; }

    public string? UpstreamAddress { get; init; }

    public string? ClientAddress { get; init; }

    public string? Detail { get; init; }

    /// <summary>Server name the client asked for, if it spoke TLS.</summary>
    public string? Sni { get; init; }
}
