using System.Text;
using Weft.Primitives;
using Weft.Proxy.Dns;
using Weft.Telemetry;
using Weft.Telemetry.Buffers;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Observe;

/// <summary>
/// Sends spans to an OTLP collector: HTTP with protobuf (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"). Spans come encoded; only the request
/// around them is made here. What cannot be sent is dropped and counted: traces are never worth memory. Control loop only.
/// </summary>
internal sealed class SpanExporter(EventLoop loop, TelemetryHub hub, NameClient names, EventLog log)
{
    private const long PeriodMs = 1_000;
    private const int SpansPerBatchMax = 512;
    private const int BatchBytesMax = 1 << 20;
    private const long TimeoutMs = 5_000;

    /// <summary>Ids 3100-3149. Never reused.</summary>
    private static readonly LogEvent Failed = new(3100, LogLevel.Warning, "spans.not-sent");

    private readonly List<byte[]> _batch = [];
    private byte[] _resource = [];
    private OtlpTarget? _target;
    private bool _running;
    private bool _failing;

    /// <summary>Spans taken from the rings that no collector got.</summary>
    public long Dropped { get; private set; }

    public long Sent { get; private set; }

    /// <param name="endpoint">"http://host:4318"; empty ends the export.</param>
    public void Configure(string endpoint, string serviceName, IEnumerable<KeyValuePair<string, string>> tags)
    {
        _target = OtlpTarget.TryParse(endpoint);
        _resource = Resource(serviceName, tags);
        if (_target is null && endpoint.Length > 0)
        {
            log.Write(Failed, $"'{endpoint}' is not an OTLP/HTTP endpoint; write \"http://host:4318\"");
        }

        if (_target is not null && !_running)
        {
            _running = true;
            loop.Supervise(RunAsync(), "span-export");
        }
    }

    private async LoopTask RunAsync()
    {
        while (_target is { } target)
        {
            int size = 0;
            hub.DrainSpans(SpansPerBatchMax, span =>
            {
                size += span.Length;
                if (size <= BatchBytesMax)
                {
                    _batch.Add(span.ToArray());
                }
                else
                {
                    Dropped++;
                }
            });
            if (_batch.Count > 0)
            {
                string? problem = await SendAsync(target, Body());
                Settle(problem, target);
            }

            if (_batch.Count < SpansPerBatchMax)
            {
                await loop.DelayAsync(PeriodMs);
            }

            _batch.Clear();
        }

        _running = false;
    }

    private void Settle(string? problem, OtlpTarget target)
    {
        if (problem is null)
        {
            Sent += _batch.Count;
            _failing = false;
            return;
        }

        Dropped += _batch.Count;
        if (!_failing)
        {
            log.Write(Failed, $"{target.Authority}: {problem}; spans are dropped and counted until it answers");
        }

        _failing = true;
    }

    // ExportTraceServiceRequest { resource_spans = 1 { resource = 1, scope_spans = 2 { scope = 1 { name = 1 }, spans = 2 … } } }
    private byte[] Body()
    {
        int spans = _batch.Sum(b => b.Length + 8);
        byte[] scope = new byte[spans + 64];
        var scopeWriter = new ProtoWriter(scope);
        int name = scopeWriter.Begin(1);
        scopeWriter.Text(1, "weft-proxy");
        scopeWriter.End(name);
        foreach (byte[] span in _batch)
        {
            scopeWriter.Bytes(2, span);
        }

        byte[] resourceSpans = new byte[scopeWriter.Written.Length + _resource.Length + 32];
        var resourceWriter = new ProtoWriter(resourceSpans);
        resourceWriter.Bytes(1, _resource);
        resourceWriter.Bytes(2, scopeWriter.Written);
        byte[] request = new byte[resourceWriter.Written.Length + 16];
        var writer = new ProtoWriter(request);
        writer.Bytes(1, resourceWriter.Written);
        return writer.Written.ToArray();
    }

    private static byte[] Resource(string serviceName, IEnumerable<KeyValuePair<string, string>> tags)
    {
        byte[] bytes = new byte[8 << 10];
        var writer = new ProtoWriter(bytes);
        foreach ((string key, string value) in tags.Prepend(KeyValuePair.Create("service.name", serviceName)))
        {
            int attribute = writer.Begin(1);
            writer.Text(1, key);
            int any = writer.Begin(2);
            writer.Text(1, value);
            writer.End(any);
            writer.End(attribute);
        }

        return writer.IsTooLong ? [] : writer.Written.ToArray();
    }

    /// <summary>Null: the collector took it.</summary>
    private async LoopTask<string?> SendAsync(OtlpTarget target, byte[] body)
    {
        SocketTarget? address = await target.ResolveAsync(names);
        if (address is null)
        {
            return "its name does not resolve";
        }

        Outcome<LoopConnection> dialed = await Connector.ConnectAsync(loop, address, TimeoutMs);
        if (!dialed.TryGet(out LoopConnection? connection))
        {
            return dialed.Fault.Info().Sentence;
        }

        connection.SetReadDeadline(TimeoutMs);
        connection.Write(Encoding.ASCII.GetBytes(
            $"POST {target.Path} HTTP/1.1\r\nhost: {target.Authority}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {body.Length}\r\nconnection: close\r\n\r\n"));
        connection.Write(body);
        string? problem = await ReadStatusAsync(connection);
        connection.Close();
        return problem;
    }

    // "HTTP/1.1 200 OK": only the status counts, and the connection is closed after it.
    private static async LoopTask<string?> ReadStatusAsync(LoopConnection connection)
    {
        while (connection.Input.Length < 12)
        {
            IoStatus status = await connection.ReadAsync();
            if (status is not IoStatus.Ok)
            {
                return $"no answer ({status})";
            }
        }

        return connection.Input[9] == '2' ? null : $"it answered {Encoding.ASCII.GetString(connection.Input.Slice(9, 3))}";
    }
}
