using System.Text;
using System.Buffers.Binary;
using Weft.Telemetry.Buffers;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;

namespace Weft.Telemetry.Tracing;

/// <summary>Writes one ended request as an OTLP <c>Span</c> message (opentelemetry/proto/trace/v1/trace.proto), with the HTTP semantic conventions' names.</summary>
internal static class SpanEncoder
{
    private const int KindServer = 2;
    private const int KindClient = 3;
    private const int StatusError = 2;
    private const int NameMax = 256;

    public static bool TryWrite(in RequestRecord record, ref ProtoWriter writer)
    {
        Ids(record.Trace, ref writer);
        Name(record, ref writer);
        writer.Varint(6, record.Edge.Key.Outbound ? (ulong)KindClient : KindServer);
        ulong start = (ulong)record.StartUnixMicros * 1_000;
        writer.Fixed64(7, start);
        writer.Fixed64(8, start + (ulong)(record.DurationMs * 1_000_000));
        Attributes(record, ref writer);
        if (record.Fault != Fault.None || record.Status >= (record.Edge.Key.Outbound ? 400 : 500))
        {
            int status = writer.Begin(15);
            writer.Text(2, record.Fault == Fault.None ? null : record.Fault.Info().Name);
            writer.Varint(3, StatusError);
            writer.End(status);
        }

        return !writer.IsTooLong;
    }

    private static void Ids(in SpanContext span, ref ProtoWriter writer)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, span.TraceHigh);
        BinaryPrimitives.WriteUInt64BigEndian(id[8..], span.TraceLow);
        writer.Bytes(1, id);
        BinaryPrimitives.WriteUInt64BigEndian(id, span.SpanId);
        writer.Bytes(2, id[..8]);
        if (span.ParentId != 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(id, span.ParentId);
            writer.Bytes(4, id[..8]);
        }
    }

    // "GET reviews.default.svc.cluster.local": few distinct names, as the conventions ask; the path is an attribute.
    private static void Name(in RequestRecord record, ref ProtoWriter writer)
    {
        Span<byte> name = stackalloc byte[NameMax];
        ReadOnlySpan<byte> method = record.Method.Length <= 32 ? record.Method : record.Method[..32];
        method.CopyTo(name);
        name[method.Length] = (byte)' ';
        string service = record.Edge.Key.Service;
        if (Encoding.UTF8.TryGetBytes(service, name[(method.Length + 1)..], out int bytes))
        {
            writer.Bytes(5, name[..(method.Length + 1 + bytes)]);
        }
        else
        {
            writer.Text(5, service);
        }
    }

    private static void Attributes(in RequestRecord record, ref ProtoWriter writer)
    {
        EdgeKey edge = record.Edge.Key;
        Attribute(ref writer, "http.request.method", record.Method);
        Attribute(ref writer, "url.path", record.Path);
        Attribute(ref writer, "server.address", record.Authority);
        Attribute(ref writer, "http.response.status_code", record.Status);
        if (record.GrpcStatus >= 0)
        {
            Attribute(ref writer, "rpc.grpc.status_code", record.GrpcStatus);
        }

        Attribute(ref writer, "peer.service", edge.Outbound ? edge.ServiceName : edge.Source.Service);
        Attribute(ref writer, "weft.source.workload", edge.Source.Workload);
        Attribute(ref writer, "weft.source.principal", edge.Source.Principal);
        Attribute(ref writer, "weft.destination.workload", edge.Destination.Workload);
        Attribute(ref writer, "weft.destination.principal", edge.Destination.Principal);
        Attribute(ref writer, "weft.route", record.Route);
        Attribute(ref writer, "weft.upstream", record.UpstreamAddress);
        Attribute(ref writer, "weft.attempts", record.Attempts);
        if (record.Fault != Fault.None)
        {
            FaultInfo fault = record.Fault.Info();
            Attribute(ref writer, "weft.fault", fault.Name);
            Attribute(ref writer, "weft.response_flags", fault.Flag);
        }
    }

    private static void Attribute(ref ProtoWriter writer, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            int attribute = writer.Begin(9);
            writer.Text(1, key);
            int any = writer.Begin(2);
            writer.Text(1, value);
            writer.End(any);
            writer.End(attribute);
        }
    }

    private static void Attribute(ref ProtoWriter writer, string key, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            int attribute = writer.Begin(9);
            writer.Text(1, key);
            int any = writer.Begin(2);
            writer.Bytes(1, value);
            writer.End(any);
            writer.End(attribute);
        }
    }

    private static void Attribute(ref ProtoWriter writer, string key, int value)
    {
        int attribute = writer.Begin(9);
        writer.Text(1, key);
        int any = writer.Begin(2);
        writer.Varint(3, (ulong)value);
        writer.End(any);
        writer.End(attribute);
    }
}
