using System.Text;
using System.Text.Json;
using Weft.Protocol.Telemetry.V1;
using Weft.Proxy.Control;
using Weft.Proxy.Host;
using Weft.Telemetry.Logging;
using Weft.Telemetry.Metrics;
using Weft.Telemetry.Taps;
using Weft.Transport;

namespace Weft.Proxy.Admin;

/// <summary>Which page answers which path. Control loop only.</summary>
internal sealed class AdminRoutes(ProxyHost host, EventLog log)
{
    private const int TapsPerSecondDefault = 100;

    private static readonly string[] Paths =
    [
        "/ready", "/config_dump", "/stats", "/metrics", "/clusters", "/routes", "/endpoints", "/listeners", "/policies", "/certs",
        "/overload", "/drain (POST)", "/restart (POST)", "/log-level?level=debug|info|warning|error (POST)", "/tap?method=&path=&max=",
    ];

    private readonly MetricsPage _metrics = new(host);

    public AdminAnswer Answer(AdminRequest request) => request.Path switch
    {
        "/" => AdminAnswer.Text(200, string.Join('\n', Paths) + "\n"),
        "/ready" => Ready(),
        "/metrics" => _metrics.Answer(),
        "/config_dump" => ConfigDump.Of(host.Control.Saved),
        "/stats" => Stats(),
        "/clusters" => AdminPages.Clusters(host.Mesh),
        "/routes" => AdminPages.Routes(host.Mesh),
        "/endpoints" => AdminPages.Endpoints(host.Mesh),
        "/listeners" => AdminPages.Listeners(host.Mesh, host.Listeners.Open),
        "/policies" => AdminPages.Policies(host.Mesh),
        "/certs" => AdminPages.Certificates(host.Control.Identity.Current),
        "/overload" => AdminPages.Overload(host.Guard),
        "/drain" => Post(request, Drain),
        "/restart" => Post(request, Restart),
        "/log-level" => LogLevelOf(request),
        "/tap" => Tap(request),
        _ => AdminAnswer.Text(404, $"There is no {request.Path}; there are\n{string.Join('\n', Paths)}\n"),
    };

    /// <summary>What is open to whoever reaches the metrics port: numbers and readiness, nothing that changes or tells configuration.</summary>
    public AdminAnswer AnswerScraper(AdminRequest request) => request.Path switch
    {
        "/metrics" or "/stats/prometheus" => _metrics.Answer(),
        "/ready" or "/healthz/ready" => Ready(),
        _ => AdminAnswer.Text(404, "Metrics are at /metrics.\n"),
    };

    private static AdminAnswer Post(AdminRequest request, Func<AdminAnswer> act) =>
        request.Method == "POST" ? act() : AdminAnswer.Text(405, $"{request.Path} changes something: use POST.\n");

    private AdminAnswer Ready()
    {
        if (host.Path.Parts.Draining.IsInboundDraining)
        {
            return AdminAnswer.Text(503, "draining\n");
        }

        return host.IsReady ? AdminAnswer.Text(200, "ready\n") : AdminAnswer.Text(503, $"not ready: {host.Control.Status.LastProblem}\n");
    }

    private AdminAnswer Stats() => AdminAnswer.Json(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", ProxyVersion.Text);
        json.WriteBoolean("ready", host.IsReady);
        json.WriteBoolean("connected", host.Control.Status.IsConnected);
        json.WriteString("lastProblem", host.Control.Status.LastProblem);
        json.WriteNumber("sessions", host.Control.Status.Sessions);
        json.WriteNumber("applied", host.Control.Applied);
        json.WriteNumber("refused", host.Control.Refused);
        json.WriteNumber("rssBytes", Environment.WorkingSet);
        json.WriteNumber("gcHeapBytes", GC.GetTotalMemory(forceFullCollection: false));
        json.WriteNumber("cpuSeconds", Environment.CpuUsage.TotalTime.TotalSeconds);
        json.WriteNumber("connections", host.Data.Loops.Sum(l => l.ConnectionCount));
        json.WriteNumber("edges", host.Telemetry.Edges.Snapshot().Count);
        json.WriteNumber("spansSent", host.Control.Spans.Sent);
        foreach (LoopCounter counter in Enum.GetValues<LoopCounter>())
        {
            json.WriteNumber(MetricCatalogue.Of(counter).Name, host.Telemetry.Loops.Sum(l => (long)l.Counters.Read(counter)));
        }

        json.WriteEndObject();
    });

    private AdminAnswer Drain()
    {
        host.Loop.Supervise(host.DrainAsync(), "drain");
        return AdminAnswer.Text(202, "draining\n");
    }

    /// <summary>One line once it has come to an end: "restarted", or why this process serves on.</summary>
    private AdminAnswer Restart()
    {
        string? failure = null;
        var ended = new LoopSignal(host.Loop);
        if (host.Restart.TryBegin(end =>
        {
            failure = end;
            ended.Set();
        }) is { } refusal)
        {
            return AdminAnswer.Text(409, refusal + "\n");
        }

        return AdminAnswer.Lines(async LoopTask (connection) =>
        {
            await ended;
            connection.Write(Encoding.UTF8.GetBytes(failure is null ? "restarted\n" : $"failed: {failure}\n"));
        });
    }

    private AdminAnswer LogLevelOf(AdminRequest request)
    {
        if (request.Method != "POST")
        {
            return AdminAnswer.Text(200, log.Level.ToString().ToLowerInvariant() + "\n");
        }

        if (!Enum.TryParse(request.Parameter("level"), ignoreCase: true, out LogLevel level) || !Enum.IsDefined(level))
        {
            return AdminAnswer.Text(400, "level is one of debug, info, warning, error, critical.\n");
        }

        log.Level = level;
        return AdminAnswer.Text(200, level.ToString().ToLowerInvariant() + "\n");
    }

    private AdminAnswer Tap(AdminRequest request)
    {
        int max = int.TryParse(request.Parameter("max"), out int wanted) && wanted is > 0 and <= 10_000 ? wanted : TapsPerSecondDefault;
        var filter = new TapFilter(max, request.Parameter("path") ?? "", request.Parameter("method") ?? "", long.MaxValue);
        return AdminAnswer.Lines(connection => WatchAsync(connection, filter));
    }

    // Until the watcher hangs up.
    private async LoopTask WatchAsync(LoopConnection connection, TapFilter filter)
    {
        connection.SetReadDeadline(0);
        host.Control.Taps.Watch(connection, filter, tapped =>
        {
            if (!connection.IsClosed)
            {
                connection.Write(Line(tapped));
            }
        });
        while (await connection.ReadAsync() is IoStatus.Ok)
        {
            connection.Consume(connection.Input.Length);
        }

        host.Control.Taps.Watch(connection, null, static _ => { });
    }

    private static byte[] Line(TapEvent tapped)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("direction", tapped.Outbound ? "outbound" : "inbound");
            json.WriteString("method", tapped.Method);
            json.WriteString("authority", tapped.Authority);
            json.WriteString("path", tapped.Path);
            json.WriteNumber("status", tapped.Status);
            json.WriteNumber("durationMs", tapped.DurationMs);
            json.WriteString("source", tapped.Source?.Workload ?? "");
            json.WriteString("destination", tapped.Destination?.Workload ?? "");
            json.WriteString("route", tapped.Route);
            json.WriteString("fault", tapped.Fault);
            json.WriteBoolean("mtls", tapped.Mtls);
            json.WriteString("traceId", tapped.TraceId);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }
}
