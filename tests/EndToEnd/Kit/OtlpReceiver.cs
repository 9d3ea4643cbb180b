using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;

namespace Weft.EndToEnd.Kit;

/// <summary>One span as it came over the wire (opentelemetry/proto/trace/v1/trace.proto).</summary>
internal sealed record ReceivedSpan(string Service, string TraceId, string SpanId, string ParentId, string Name, int Kind)
{
    public const int Server = 2;
    public const int Client = 3;
}

/// <summary>An OTLP/HTTP receiver on a free port: takes POST /v1/traces and keeps the spans.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public OtlpReceiver()
    {
        using (var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Port = ((IPEndPoint)probe.LocalEndPoint!).Port;
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port { get; }

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public void Dispose()
    {
        _listener.Stop();
        _serving.Wait(TimeSpan.FromSeconds(5));
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // stopped
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            if (context.Request.Url?.AbsolutePath == "/v1/traces")
            {
                ReadRequest(body.ToArray());
            }

            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close();
        }
    }

    // ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
    private void ReadRequest(byte[] bytes) => Walk(bytes, (field, input) =>
    {
        if (field == 1)
        {
            ReadResourceSpans(input.ReadBytes().ToByteArray());
            return true;
        }

        return false;
    });

    // ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
    private void ReadResourceSpans(byte[] bytes)
    {
        string service = "";
        Walk(bytes, (field, input) =>
        {
            if (field == 1)
            {
                service = ServiceName(input.ReadBytes().ToByteArray());
            }
            else if (field == 2)
            {
                // ScopeSpans { repeated Span spans = 2; }
                Walk(input.ReadBytes().ToByteArray(), (inner, scope) => inner == 2 && Keep(service, scope.ReadBytes().ToByteArray()));
            }
            else
            {
                return false;
            }

            return true;
        });
    }

    // Span { trace_id = 1; span_id = 2; parent_span_id = 4; name = 5; kind = 6 }
    private bool Keep(string service, byte[] bytes)
    {
        string trace = "", span = "", parent = "", name = "";
        int kind = 0;
        Walk(bytes, (field, input) =>
        {
            switch (field)
            {
                case 1: trace = Convert.ToHexStringLower(input.ReadBytes().Span); return true;
                case 2: span = Convert.ToHexStringLower(input.ReadBytes().Span); return true;
                case 4: parent = Convert.ToHexStringLower(input.ReadBytes().Span); return true;
                case 5: name = input.ReadString(); return true;
                case 6: kind = input.ReadEnum(); return true;
                default: return false;
            }
        });
        Spans.Enqueue(new ReceivedSpan(service, trace, span, parent, name, kind));
        return true;
    }

    // Resource { repeated KeyValue attributes = 1; } KeyValue { key = 1; AnyValue value = 2; } AnyValue { string_value = 1; }
    private static string ServiceName(byte[] resource)
    {
        string name = "";
        Walk(resource, (field, input) =>
        {
            if (field != 1)
            {
                return false;
            }

            string key = "", value = "";
            Walk(input.ReadBytes().ToByteArray(), (inner, pair) =>
            {
                if (inner == 1)
                {
                    key = pair.ReadString();
                }
                else
                {
                    Walk(pair.ReadBytes().ToByteArray(), (kind, any) =>
                    {
                        if (kind != 1)
                        {
                            return false;
                        }

                        value = any.ReadString();
                        return true;
                    });
                }

                return true;
            });
            name = key == "service.name" ? value : name;
            return true;
        });
        return name;
    }

    private static void Walk(byte[] bytes, Func<int, CodedInputStream, bool> take)
    {
        using var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (!take(WireFormat.GetTagFieldNumber(tag), input))
            {
                input.SkipLastField();
            }
        }
    }
}
