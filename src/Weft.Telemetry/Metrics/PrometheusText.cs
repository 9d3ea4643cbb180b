using System.Globalization;
using System.Text;
using Weft.Telemetry.Records;

namespace Weft.Telemetry.Metrics;

/// <summary>The Prometheus text exposition format, version 0.0.4. One per scrape; whoever writes it takes away what has gathered.</summary>
public sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    /// <summary>Characters that nobody has taken yet.</summary>
    public int Length => _text.Length;

    /// <summary>What has gathered since the last call.</summary>
    public byte[] Take()
    {
        byte[] taken = Encoding.UTF8.GetBytes(_text.ToString());
        _text.Clear();
        return taken;
    }

    /// <summary>A metric of one number.</summary>
    public void Single(Metric metric, double value, string labels = "")
    {
        Head(metric);
        Sample(metric.Name, "", labels, value);
    }

    /// <summary>A metric of one number for each set of labels.</summary>
    public void Series(Metric metric, IEnumerable<(string Labels, double Value)> samples)
    {
        Head(metric);
        foreach ((string labels, double value) in samples)
        {
            Sample(metric.Name, "", labels, value);
        }
    }

    /// <summary>Labels as text, their values escaped.</summary>
    public static string LabelsOf(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in labels)
        {
            Label(text, name, value);
        }

        return text.ToString(1, text.Length - 1); // without the first comma
    }

    /// <summary>
    /// Everything that the edges counted. Of thousands of edges it is more than a hundred MiB of text: it pauses after each of them, when one metric's samples
    /// of it are written.
    /// </summary>
    public IEnumerable<Edge> Edges(IReadOnlyList<Edge> edges)
    {
        (Metric Metric, Action<Metric, EdgeTotals> Write)[] all =
        [
            (MetricCatalogue.RequestsTotal, (m, e) => Requests(e, (labels, r) => Sample(m.Name, "", labels, r.Count))),
            (MetricCatalogue.RequestDuration, (m, e) => Requests(e, (labels, r) => Buckets(m.Name, labels, LatencyBounds.Milliseconds, r.Latency))),
            (MetricCatalogue.RequestBytes, (m, e) => Requests(e, (labels, r) => Buckets(m.Name, labels, SizeBounds.Bytes, r.RequestBytes))),
            (MetricCatalogue.ResponseBytes, (m, e) => Requests(e, (labels, r) => Buckets(m.Name, labels, SizeBounds.Bytes, r.ResponseBytes))),

            // Istio's direction is the server's: "received" is what the client sent.
            (MetricCatalogue.TcpSent, (m, e) => Tcp(m, e, e.TcpReceived)),
            (MetricCatalogue.TcpReceived, (m, e) => Tcp(m, e, e.TcpSent)),
            (MetricCatalogue.TcpOpened, (m, e) => Tcp(m, e, e.TcpOpened)),
            (MetricCatalogue.TcpClosed, (m, e) => Tcp(m, e, e.TcpClosed)),
        ];
        foreach ((Metric metric, Action<Metric, EdgeTotals> write) in all)
        {
            Head(metric);
            foreach (Edge edge in edges)
            {
                write(metric, edge.Merge());
                yield return edge;
            }
        }
    }

    /// <summary>What the loops count besides.</summary>
    public void Counters(IReadOnlyList<LoopCounters> loops)
    {
        foreach (LoopCounter counter in Enum.GetValues<LoopCounter>())
        {
            ulong sum = 0;
            foreach (LoopCounters loop in loops)
            {
                sum += loop.Read(counter);
            }

            Single(MetricCatalogue.Of(counter), sum);
        }

        Head(MetricCatalogue.Faults);
        foreach (Fault fault in Enum.GetValues<Fault>())
        {
            ulong sum = 0;
            foreach (LoopCounters loop in loops)
            {
                sum += loop.Read(fault);
            }

            if (sum > 0)
            {
                FaultInfo info = fault.Info();
                Sample(MetricCatalogue.Faults.Name, "", $"fault=\"{info.Name}\",blame=\"{info.Blame.ToString().ToLowerInvariant()}\"", sum);
            }
        }
    }

    private static void Requests(EdgeTotals edge, Action<string, ResponseTotals> write)
    {
        foreach (ResponseTotals response in edge.Responses)
        {
            write(Labels(edge.Edge.Key, response.Key), response);
        }
    }

    private void Tcp(Metric metric, EdgeTotals edge, ulong value)
    {
        if (edge.HasTcp)
        {
            Sample(metric.Name, "", EdgeLabels(edge.Edge.Key, "tcp"), value);
        }
    }

    private void Head(Metric metric) =>
        _text.Append("# HELP ").Append(metric.Name).Append(' ').Append(metric.Help).Append('\n')
            .Append("# TYPE ").Append(metric.Name).Append(' ').Append(metric.Kind.ToString().ToLowerInvariant()).Append('\n');

    private void Buckets(string name, string labels, ReadOnlySpan<double> bounds, HistogramTotals totals)
    {
        ulong sum = 0;
        for (int i = 0; i < totals.Counts.Length; i++)
        {
            sum += totals.Counts[i];
            string bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            _text.Append(name).Append("_bucket{").Append(labels).Append(",le=\"").Append(bound).Append("\"} ").Append(sum).Append('\n');
        }

        Sample(name, "_sum", labels, totals.Sum);
        Sample(name, "_count", labels, sum);
    }

    private void Sample(string name, string suffix, string labels, double value)
    {
        _text.Append(name).Append(suffix);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Labels(EdgeKey edge, ResponseKey response)
    {
        string protocol = response.Protocol switch { RequestProtocol.Grpc => "grpc", RequestProtocol.Tcp => "tcp", _ => "http" };
        string grpc = response.GrpcStatus >= 0 ? response.GrpcStatus.ToString(CultureInfo.InvariantCulture) : "";
        return $"{EdgeLabels(edge, protocol)},response_code=\"{response.Status}\",grpc_response_status=\"{grpc}\",response_flags=\"{response.Fault.Info().Flag}\"";
    }

    private static string EdgeLabels(EdgeKey key, string protocol)
    {
        var labels = new StringBuilder(512);
        labels.Append(key.Outbound ? "reporter=\"source\"" : "reporter=\"destination\"");
        PartyLabels(labels, "source", key.Source);
        PartyLabels(labels, "destination", key.Destination);
        Label(labels, "destination_service", key.Service);
        Label(labels, "destination_service_name", key.ServiceName);
        Label(labels, "destination_service_namespace", key.ServiceNamespace);
        Label(labels, "request_protocol", protocol);
        Label(labels, "connection_security_policy", key.MutualTls ? "mutual_tls" : "none");
        return labels.ToString();
    }

    private static void PartyLabels(StringBuilder labels, string side, Party party)
    {
        Label(labels, side + "_workload", party.Workload);
        Label(labels, side + "_workload_namespace", party.Namespace);
        Label(labels, side + "_principal", party.Principal);
        Label(labels, side + "_app", party.App);
        Label(labels, side + "_version", party.Version);
        Label(labels, side + "_canonical_service", party.Service);
        Label(labels, side + "_canonical_revision", party.Revision);

        // One mesh is one cluster until there are several; Istio's dashboards expect the label.
        Label(labels, side + "_cluster", "Kubernetes");
    }

    private static void Label(StringBuilder labels, string name, string value)
    {
        labels.Append(',').Append(name).Append("=\"");
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => labels.Append("\\\""),
                '\\' => labels.Append("\\\\"),
                '\n' => labels.Append("\\n"),
                _ => labels.Append(c),
            };
        }

        labels.Append('"');
    }
}
