using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weft.Authority;
using Weft.ControlPlane.Distribute;
using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>Weft's own views under /weft/v1. The host maps them behind its authentication.</summary>
internal static class MeshViews
{
    private const int WindowDefaultSeconds = 60;
    private const int LiveWindowSeconds = 10;
    private static readonly TimeSpan LiveInterval = TimeSpan.FromSeconds(1);
    private static int s_watchers;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/weft/v1/status", (HttpContext http) => Json(http, Of<MeshStatus>(http).Overview()));
        routes.MapGet("/weft/v1/mesh", (HttpContext http) => Json(http, Endpoint(http)));
        routes.MapGet("/weft/v1/proxies", (HttpContext http) => Json(http, new JsonObject { ["proxies"] = Of<MeshStatus>(http).Proxies() }));
        routes.MapGet("/weft/v1/edges", EdgesAsync);
        routes.MapGet("/weft/v1/stat", StatAsync);
        routes.MapGet("/weft/v1/map", (HttpContext http) => Json(http, Snapshot(http, LiveWindowSeconds)));
        routes.MapGet("/weft/v1/snapshot", (HttpContext http) => Json(http, ResourceList.Of(Of<MeshFeed>(http))));
        routes.MapGet("/weft/v1/live", LiveAsync);
        routes.MapGet("/weft/v1/tap", TapAsync);
        routes.MapGet("/weft/v1/prometheus/targets", (HttpContext http) => JsonArrayAsync(http, Of<MeshFeed>(http).IsLoaded ? PrometheusTargets.Of(Of<MeshFeed>(http).Current.Resources) : []));
    }

    /// <summary>Where proxies find discovery, and the root they must find there: for who starts one on another machine.</summary>
    private static JsonObject Endpoint(HttpContext http) => new()
    {
        ["discovery"] = Of<MeshHost>(http).Discovery.ToString(),
        ["rootSha256"] = Of<MeshAuthority>(http).RootSha256,
    };

    private static Task EdgesAsync(HttpContext http)
    {
        if (!TryWindow(http, out int seconds))
        {
            return BadWindowAsync(http);
        }

        string ns = http.Request.Query["namespace"].ToString();
        var edges = new JsonArray([.. Of<EdgeBook>(http).Summarize(seconds)
            .Where(e => ns.Length == 0 || e.Id.Source.Namespace == ns || e.Id.Destination.Namespace == ns)
            .Select(TrafficJson.Edge)]);
        return Json(http, new JsonObject { ["windowSeconds"] = seconds, ["edges"] = edges });
    }

    private static Task StatAsync(HttpContext http)
    {
        if (!TryWindow(http, out int seconds))
        {
            return BadWindowAsync(http);
        }

        string ns = http.Request.Query["namespace"].ToString();
        EdgeSummary[] edges = [.. Of<EdgeBook>(http).Summarize(seconds).Where(e => ns.Length == 0 || e.Id.Destination.Namespace == ns)];
        return Json(http, new JsonObject
        {
            ["windowSeconds"] = seconds,
            ["workloads"] = TrafficJson.Stat(edges, byService: false),
            ["services"] = TrafficJson.Stat(edges, byService: true),
            ["breakers"] = BreakerJson.Of(Of<EdgeBook>(http).Clusters().Where(c => ns.Length == 0 || c.Cluster.Namespace == ns)),
        });
    }

    private static JsonObject Snapshot(HttpContext http, int seconds) => new()
    {
        ["at"] = Of<TimeProvider>(http).GetUtcNow().ToUnixTimeMilliseconds(),
        ["windowSeconds"] = seconds,
        ["status"] = Of<MeshStatus>(http).Overview(),
        ["proxies"] = Of<MeshStatus>(http).Proxies(),
        ["edges"] = new JsonArray([.. Of<EdgeBook>(http).Summarize(seconds, withQuiet: true).Select(TrafficJson.Edge)]),
    };

    private static async Task LiveAsync(HttpContext http)
    {
        if (Interlocked.Increment(ref s_watchers) > TrafficLimits.WatchersMax)
        {
            Interlocked.Decrement(ref s_watchers);
            await RefuseAsync(http, StatusCodes.Status429TooManyRequests, $"{TrafficLimits.WatchersMax} watchers are there already: close one");
            return;
        }

        try
        {
            var events = new ServerSentEvents(http);
            await events.BeginAsync();
            using var tick = new PeriodicTimer(LiveInterval, Of<TimeProvider>(http));
            do
            {
                await events.SendAsync("snapshot", Snapshot(http, LiveWindowSeconds));
            }
            while (await tick.WaitForNextTickAsync(http.RequestAborted));
        }
        catch (OperationCanceledException)
        {
            // The watcher left.
        }
        finally
        {
            Interlocked.Decrement(ref s_watchers);
        }
    }

    private static async Task TapAsync(HttpContext http)
    {
        IQueryCollection query = http.Request.Query;
        string workload = query["workload"].ToString();
        string ns = query["namespace"].ToString();
        uint perSecond = uint.TryParse(query["max"], NumberStyles.None, CultureInfo.InvariantCulture, out uint asked) ? asked : 50;
        TapBook.Tap tap;
        try
        {
            tap = Of<TapBook>(http).Open(scope => Selects(scope, workload, ns), query["path"].ToString(), query["method"].ToString(), perSecond);
        }
        catch (InvalidOperationException full)
        {
            await RefuseAsync(http, StatusCodes.Status429TooManyRequests, full.Message);
            return;
        }

        using (tap)
        {
            await PourAsync(http, tap);
        }
    }

    private static async Task PourAsync(HttpContext http, TapBook.Tap tap)
    {
        var events = new ServerSentEvents(http);
        try
        {
            await events.BeginAsync();
            await events.KeepAliveAsync();
            await foreach (TapEvent tapped in tap.Events.ReadAllAsync(http.RequestAborted))
            {
                await events.SendAsync("request", TapJson.Of(tapped));
            }
        }
        catch (OperationCanceledException)
        {
            // The watcher left.
        }
    }

    /// <summary>A whole name ("default/reviews-v1-abcde"), or the beginning of one ("default/reviews").</summary>
    private static bool Selects(SubscriberScope scope, string workload, string ns) =>
        (ns.Length == 0 || scope.Namespace == ns)
        && (workload.Length == 0 || scope.Workload == workload
            || (workload.Contains('/') ? scope.Workload : scope.Pod).StartsWith($"{workload}-", StringComparison.Ordinal)
            || (!workload.Contains('/') && scope.Pod == workload));

    private static bool TryWindow(HttpContext http, out int seconds)
    {
        string text = http.Request.Query["window"].ToString();
        seconds = WindowDefaultSeconds;
        if (text.Length == 0)
        {
            return true;
        }

        int unit = text[^1] == 'm' ? 60 : 1;
        return int.TryParse(text.TrimEnd('s', 'm'), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && (seconds = number * unit) is >= 1 and <= TrafficLimits.TenSecondBuckets * 10;
    }

    private static Task BadWindowAsync(HttpContext http) =>
        RefuseAsync(http, StatusCodes.Status400BadRequest, $"window must be 1s to {TrafficLimits.TenSecondBuckets * 10 / 60}m, like 10s or 5m");

    private static Task RefuseAsync(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        return Json(http, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["message"] = message, ["code"] = status });
    }

    private static Task Json(HttpContext http, JsonObject json) => WriteAsync(http, json);

    private static Task JsonArrayAsync(HttpContext http, JsonArray json) => WriteAsync(http, json);

    private static Task WriteAsync(HttpContext http, JsonNode json)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(json.ToJsonString(), http.RequestAborted);
    }

    private static T Of<T>(HttpContext http)
        where T : notnull =>
        http.RequestServices.GetRequiredService<T>();
}
