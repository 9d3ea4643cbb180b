using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Bookinfo;

/// <summary>What the mesh says of traffic equals what was sent.</summary>
[Collection(MeshCollection.Name)]
public sealed class ObservabilityTests(RunningMesh mesh)
{
    private const int RequestCount = 60;
    private static readonly TimeSpan ReportLimit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Prometheus_ScrapingTheMesh_CountsWhatTheClientCounted()
    {
        string[] targets = [.. (await mesh.ControlAsync("/weft/v1/prometheus/targets")).AsArray().SelectMany(t => t!["targets"]!.AsArray()).Select(t => (string)t!)];
        await using PrometheusServer prometheus = await PrometheusServer.StartAsync(targets);
        const string Query = "sum by (source_workload, destination_workload) (istio_requests_total{reporter=\"destination\"})";
        static string Edge(JsonElement metric) => $"{metric.GetProperty("source_workload").GetString()}>{metric.GetProperty("destination_workload").GetString()}";
        await Eventually.TrueAsync("Prometheus has scraped", ReportLimit, async () => (await prometheus.QueryAsync("sum(up)", _ => "up")).GetValueOrDefault("up") >= targets.Length);
        Dictionary<string, double> before = await prometheus.QueryAsync(Query, Edge);

        await SendAsync(RequestCount);
        double Added(Dictionary<string, double> after, string from, string to) => after
            .Where(e => e.Key.StartsWith(from, StringComparison.Ordinal) && e.Key.Contains($">{to}", StringComparison.Ordinal))
            .Sum(e => e.Value - before.GetValueOrDefault(e.Key));
        Dictionary<string, double> seen = [];
        await Eventually.TrueAsync("Prometheus has scraped all requests", ReportLimit, async () =>
        {
            seen = await prometheus.QueryAsync(Query, Edge);
            return Added(seen, "", "productpage") >= RequestCount;
        });
        Assert.Equal(RequestCount, Added(seen, "", "productpage"));
        await Eventually.TrueAsync("inner edges are scraped too", ReportLimit, async () =>
        {
            seen = await prometheus.QueryAsync(Query, Edge);
            return Added(seen, "productpage", "details") >= RequestCount && Added(seen, "productpage", "reviews") >= RequestCount;
        });
        Assert.Equal(RequestCount, Added(seen, "productpage", "details"));
        Assert.Equal(RequestCount, Added(seen, "productpage", "reviews"));
    }

    [Fact]
    public async Task Edges_AfterTraffic_AreAllEncrypted()
    {
        await SendAsync(10);
        JsonArray inside = [];
        await Eventually.TrueAsync("the control plane knows the edges", ReportLimit, async () =>
        {
            JsonNode edges = await mesh.WeftJsonAsync("edges");
            inside = new JsonArray([.. edges["edges"]!.AsArray()
                .Where(e => !(bool)e!["source"]!["outside"]! && !(bool)e["destination"]!["outside"]!).Select(e => e!.DeepClone())]);
            return inside.Any(e => ((string)e!["source"]!["app"]!).StartsWith("productpage", StringComparison.Ordinal));
        });
        Assert.All(inside.Where(e => e!["mtls"] is not null), e => Assert.Equal(1.0, (double)e!["mtls"]!)); // null: nobody was reached
    }

    [Fact]
    public async Task Page_InChromium_ShowsTheSameEdgesLocked()
    {
        await SendAsync(20);
        JsonNode edges = await Eventually.GetAsync("the edges are reported", ReportLimit, async () =>
            await mesh.WeftJsonAsync("edges") is { } e && e["edges"]!.AsArray().Count(x => (string)x!["destination"]!["version"]! is not "") >= 5 ? e : null);
        string link = (await mesh.WeftJsonAsync("dashboard"))["url"] is { } url ? (string)url! : mesh.Page;
        string dom = await Chromium.DomAsync(link);

        // Who was turned away at a door is an edge from outside, and never locked: nobody outside has an identity.
        foreach (JsonNode? edge in edges["edges"]!.AsArray().Where(e => (string)e!["destination"]!["version"]! is not "" && !(bool)e["source"]!["outside"]!))
        {
            Assert.Contains($"data-edge=\"{(string)edge!["source"]!["id"]!}&gt;{(string)edge["destination"]!["id"]!}\" data-mtls=\"locked\"", dom, StringComparison.Ordinal);
        }

        string picture = Path.Combine(Repository.Root, "artifacts/log/page.png");
        string again = (await mesh.WeftJsonAsync("dashboard"))["url"] is { } second ? (string)second! : mesh.Page;
        await Chromium.ScreenshotAsync(again, picture);
        Assert.True(new FileInfo(picture).Length > 10_000);
    }

    [Fact]
    public async Task Spans_OfOneRequest_FormOneTreeOverThreeServices()
    {
        using var receiver = new OtlpReceiver();
        string telemetry = Path.Combine(mesh.Home, "tracing.yaml");
        await File.WriteAllTextAsync(telemetry, string.Create(CultureInfo.InvariantCulture, $$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: { name: istio, namespace: istio-system }
            data:
              mesh: |
                extensionProviders:
                - name: otel
                  opentelemetry: { service: 127.0.0.1, port: {{receiver.Port}}, http: { path: /v1/traces } }
            ---
            apiVersion: telemetry.istio.io/v1
            kind: Telemetry
            metadata: { name: mesh, namespace: istio-system }
            spec:
              tracing:
              - providers: [{ name: otel }]
                randomSamplingPercentage: 100
            """));
        using var client = new HttpClient();
        await mesh.ApplyAsync(telemetry);
        try
        {
            IGrouping<string, ReceivedSpan> tree = await Eventually.GetAsync("one request's spans", TimeSpan.FromSeconds(30), async () =>
            {
                await mesh.GetAsync(client, "/productpage");
                return receiver.Spans.GroupBy(s => s.TraceId).FirstOrDefault(t =>
                    t.Select(s => s.Service.Split('.')[0]).Distinct().Count(s => s.StartsWith("productpage", StringComparison.Ordinal)
                        || s.StartsWith("details", StringComparison.Ordinal) || s.StartsWith("reviews", StringComparison.Ordinal)) >= 3);
            });
            HashSet<string> ids = [.. tree.Select(s => s.SpanId)];
            Assert.Single(tree, s => s.ParentId.Length == 0 || !ids.Contains(s.ParentId));
            Assert.Contains(tree, s => s.Kind == ReceivedSpan.Client);
            Assert.Contains(tree, s => s.Kind == ReceivedSpan.Server);
        }
        finally
        {
            await mesh.DeleteAsync(telemetry);
        }
    }

    /// <summary>Limits and health checks of details as productpage's proxy counts them: everybody can be asked, and who does not answer well is out.</summary>
    [Fact]
    public async Task Breakers_OfAClient_AreShownWithTheirLimitsAndUnhealthyEndpoints()
    {
        string policies = Path.Combine(mesh.Home, "breakers.yaml");
        await File.WriteAllTextAsync(policies, """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: { name: details }
            spec:
              host: details
              trafficPolicy: { connectionPool: { tcp: { maxConnections: 7 }, http: { http1MaxPendingRequests: 9 } } }
            ---
            apiVersion: weft.dev/v1alpha1
            kind: BackendPolicy
            metadata: { name: details }
            spec:
              targetRef: { kind: Service, name: details }
              healthCheck: { http: { path: /nowhere }, interval: 200ms, timeout: 200ms, unhealthyAfter: 2 }
            """);
        await mesh.ApplyAsync(policies);
        try
        {
            JsonNode row = await Eventually.GetAsync("the breakers are reported", ReportLimit, async () =>
            {
                await SendAsync(1);
                return (await mesh.WeftJsonAsync("stat", "--breakers"))["breakers"]!.AsArray().FirstOrDefault(b =>
                    ((string)b!["client"]!).StartsWith("default/productpage", StringComparison.Ordinal) && ((string)b["cluster"]!).StartsWith("details.", StringComparison.Ordinal)
                    && (int)b["unhealthy"]! == 1);
            });
            Assert.Equal((7, 9), ((int)row["connections"]!["limit"]!, (int)row["pending"]!["limit"]!));
            string text = (await mesh.WeftAsync("stat", "--breakers")).Succeeded().Output;
            Assert.Contains("/7", text, StringComparison.Ordinal);
            string endpoints = (await mesh.WeftAsync("proxy-config", "default/productpage-v1", "endpoints")).Succeeded().Output;
            Assert.Matches("details.*unhealthy.*HTTP 404", endpoints);
        }
        finally
        {
            await mesh.DeleteAsync(policies);
        }
    }

    private async Task SendAsync(int count)
    {
        using var client = new HttpClient();
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, (await mesh.GetAsync(client, "/productpage")).Status);
        }
    }
}
