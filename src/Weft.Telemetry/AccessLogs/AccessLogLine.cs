using Weft.Telemetry.Buffers;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Records;
using Weft.Telemetry.Tracing;

namespace Weft.Telemetry.AccessLogs;

/// <summary>The access log's fields. Their names are read by people's tools: added to, never renamed.</summary>
internal static class AccessLogLine
{
    public static bool TryWrite(in RequestRecord record, ref JsonLine line)
    {
        Head(record.StartUnixMicros, record.Edge.Key, record.Protocol switch { RequestProtocol.Grpc => "grpc", _ => "http" }, ref line);
        line.Text("method"u8, record.Method);
        line.Text("authority"u8, record.Authority);
        line.Text("path"u8, record.Path);
        line.Number("http_version"u8, record.HttpVersion);
        line.Number("status"u8, record.Status);
        if (record.GrpcStatus >= 0)
        {
            line.Number("grpc_status"u8, record.GrpcStatus);
        }

        Outcome(record.Fault, record.Detail, ref line);
        line.Number("duration_ms"u8, record.DurationMs);
        if (record.UpstreamMs >= 0 && record.Attempts > 0)
        {
            line.Number("upstream_ms"u8, record.UpstreamMs);
        }

        line.Number("attempts"u8, record.Attempts);
        line.Number("request_bytes"u8, record.RequestBytes);
        line.Number("response_bytes"u8, record.ResponseBytes);
        Ways(record.Route, record.UpstreamAddress, record.ClientAddress, ref line);
        Parties(record.Edge.Key, ref line);
        Optional("user_agent"u8, record.UserAgent, ref line);
        Optional("request_id"u8, record.RequestId, ref line);
        if (record.Trace.IsValid)
        {
            Span<byte> id = stackalloc byte[TraceText.TraceIdLength];
            TraceText.WriteTraceId(record.Trace, id);
            line.Text("trace_id"u8, id);
        }

        line.End();
        return !line.IsTooLong;
    }

    public static bool TryWrite(in ConnectionRecord record, ref JsonLine line)
    {
        Head(record.StartUnixMicros, record.Edge.Key, "tcp", ref line);
        Outcome(record.Fault, record.Detail, ref line);
        line.Number("duration_ms"u8, record.DurationMs);
        line.Number("bytes_sent"u8, record.Sent);
        line.Number("bytes_received"u8, record.Received);
        line.Text("sni"u8, record.Sni);
        Ways(record.Route, record.UpstreamAddress, record.ClientAddress, ref line);
        Parties(record.Edge.Key, ref line);
        line.End();
        return !line.IsTooLong;
    }

    private static void Head(long startUnixMicros, EdgeKey edge, string protocol, ref JsonLine line)
    {
        Span<byte> time = stackalloc byte[27];
        DateTime start = DateTime.UnixEpoch.AddTicks(startUnixMicros * TimeSpan.TicksPerMicrosecond);
        start.TryFormat(time, out int written, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
        line.Text("time"u8, time[..written]);
        line.Text("direction"u8, edge.Outbound ? "outbound"u8 : "inbound"u8);
        line.Text("protocol"u8, protocol);
    }

    private static void Outcome(Fault fault, string? detail, ref JsonLine line)
    {
        FaultInfo info = fault.Info();
        line.Text("flags"u8, info.Flag);
        if (fault != Fault.None)
        {
            line.Text("fault"u8, info.Name);
            line.Text("blame"u8, BlameText(info.Blame));
        }

        line.Text("detail"u8, detail);
    }

    private static void Ways(string? route, string? upstream, string? client, ref JsonLine line)
    {
        line.Text("route"u8, route);
        line.Text("upstream"u8, upstream);
        line.Text("client"u8, client);
    }

    private static void Parties(EdgeKey edge, ref JsonLine line)
    {
        line.Text("service"u8, edge.Service);
        line.Number("port"u8, edge.Port);
        line.Text("source"u8, edge.Source.Workload);
        line.Text("source_principal"u8, edge.Source.Principal);
        line.Text("destination"u8, edge.Destination.Workload);
        line.Text("destination_principal"u8, edge.Destination.Principal);
        line.Flag("mtls"u8, edge.MutualTls);
    }

    private static void Optional(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ref JsonLine line)
    {
        if (!value.IsEmpty)
        {
            line.Text(name, value);
        }
    }

    private static string BlameText(Blame blame) => blame switch
    {
        Blame.Client => "client",
        Blame.Upstream => "upstream",
        Blame.Policy => "policy",
        Blame.Mesh => "mesh",
        _ => "none",
    };
}
