using System.Text;
using Weft.Telemetry.Buffers;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Telemetry.Tracing;

namespace Weft.Telemetry.Taps;

/// <summary>What somebody watches now. Immutable; swapped whole.</summary>
public sealed class TapFilter(int maxPerSecond, string pathPrefix, string method, long untilUnixMs)
{
    private readonly byte[] _pathPrefix = Encoding.UTF8.GetBytes(pathPrefix);
    private readonly byte[] _method = Encoding.ASCII.GetBytes(method);

    /// <summary>Per loop.</summary>
    public int MaxPerSecond { get; } = maxPerSecond;

    public static TapFilter Everything(int maxPerSecond) => new(maxPerSecond, "", "", long.MaxValue);

    /// <summary>The same question about a request that was tapped already.</summary>
    public bool Matches(long startUnixMicros, string path, string requestMethod) =>
        startUnixMicros / 1_000 <= untilUnixMs
        && path.StartsWith(pathPrefix, StringComparison.Ordinal)
        && (method.Length == 0 || method == requestMethod);

    internal bool Matches(in RequestRecord record) =>
        record.StartUnixMicros / 1_000 <= untilUnixMs
        && record.Path.StartsWith(_pathPrefix)
        && (_method.Length == 0 || record.Method.SequenceEqual(_method));
}

/// <summary>Writes one ended request as a <c>weft.telemetry.v1.TapEvent</c>.</summary>
internal static class TapEncoder
{
    public static bool TryWrite(in RequestRecord record, ref ProtoWriter writer)
    {
        EdgeKey edge = record.Edge.Key;
        writer.Varint(1, (ulong)record.StartUnixMicros);
        writer.Flag(2, edge.Outbound);
        writer.Bytes(3, record.Method);
        writer.Bytes(4, record.Authority);
        writer.Bytes(5, record.Path);
        writer.Varint(6, (ulong)record.Status);
        writer.Double(7, record.DurationMs);
        writer.Varint(8, (ulong)record.RequestBytes);
        writer.Varint(9, (ulong)record.ResponseBytes);
        Side(10, edge.Source, ref writer);
        Side(11, edge.Destination, ref writer);
        writer.Text(12, record.Route);
        writer.Text(13, record.Fault == Fault.None ? null : record.Fault.Info().Name);
        writer.Flag(14, edge.MutualTls);
        if (record.Trace.IsValid)
        {
            Span<byte> id = stackalloc byte[TraceText.TraceIdLength];
            TraceText.WriteTraceId(record.Trace, id);
            writer.Bytes(15, id);
        }

        return !writer.IsTooLong;
    }

    private static void Side(int field, Party party, ref ProtoWriter writer)
    {
        int begun = writer.Begin(field);
        writer.Text(1, party.Workload);
        writer.Text(2, party.Namespace);
        writer.Text(3, party.Principal);
        writer.Text(4, party.App);
        writer.Text(5, party.Version);
        writer.End(begun);
    }
}
