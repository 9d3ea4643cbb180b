using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Bookinfo;

/// <summary>Istio's and Gateway API's files for Bookinfo, applied unchanged by kubectl to the running mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class RoutingTests(RunningMesh mesh)
{
    private const int SampleCount = 300;
    private const int Parallel = 8;

    /// <summary>A share may be off by so many percent: five standard deviations of 300 draws at one half are 14.</summary>
    private const int Tolerance = 14;

    private static readonly TimeSpan EffectLimit = TimeSpan.FromSeconds(1);

    public static TheoryData<RoutingCase> Cases =>
    [
        new RoutingCase([Rules, Net("virtual-service-all-v1")], "v1:100"),
        new RoutingCase([Rules, Net("virtual-service-reviews-90-10")], "v1:90 v2:10"),
        new RoutingCase([Rules, Net("virtual-service-reviews-80-20")], "v1:80 v2:20"),
        new RoutingCase([Rules, Net("virtual-service-reviews-50-v3")], "v1:50 v3:50"),
        new RoutingCase([Rules, Net("virtual-service-reviews-v3")], "v3:100"),
        new RoutingCase([Rules, Net("virtual-service-reviews-v2-v3")], "v2:50 v3:50"),
        new RoutingCase([Rules, Net("virtual-service-reviews-test-v2")], "v1:100", "v2:100"),
        new RoutingCase([Rules, Net("virtual-service-reviews-jason-v2-v3")], "v3:100", "v2:100"),
        new RoutingCase([Net("destination-rule-all-mtls"), Net("virtual-service-reviews-v3")], "v3:100"),
        new RoutingCase([Net("destination-rule-reviews"), Net("virtual-service-reviews-80-20")], "v1:80 v2:20"),
        new RoutingCase([Versions, Api("route-reviews-v1")], "v1:100"),
        new RoutingCase([Versions, Api("route-reviews-v3")], "v3:100"),
        new RoutingCase([Versions, Api("route-reviews-50-v3")], "v1:50 v3:50"),
        new RoutingCase([Versions, Api("route-reviews-90-10")], "v1:90 v2:10"),
        new RoutingCase([Versions, Api("route-all-v1")], "v1:100"),
    ];

    private static string Rules => Net("destination-rule-all");

    private static string Versions => "platform/kube/bookinfo-versions.yaml";

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task File_Applied_SteersTrafficAsExplained(RoutingCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        string[] files = [.. row.Files.Select(f => Repository.TestData($"istio/bookinfo/{f}"))];
        using var client = new HttpClient();
        try
        {
            foreach (string file in files)
            {
                await mesh.ApplyAsync(file);
            }

            await ComparedAsync(client, RoutingCase.Shares(row.Anonymous), user: null);
            if (row.Jason.Length > 0)
            {
                await ComparedAsync(client, RoutingCase.Shares(row.Jason), "jason");
            }
        }
        finally
        {
            foreach (string file in files.Reverse())
            {
                await mesh.DeleteAsync(file);
            }
        }
    }

    [Fact]
    public async Task Abort_ForJason_AnswersAsWrittenAndNobodyElse()
    {
        string[] files = [Repository.TestData($"istio/bookinfo/{Rules}"), Repository.TestData($"istio/bookinfo/{Net("virtual-service-ratings-test-abort")}")];
        using var client = new HttpClient();
        try
        {
            await mesh.ApplyAsync(files[0]);
            await mesh.ApplyAsync(files[1]);
            await Eventually.TrueAsync("jason's calls to ratings are aborted", EffectLimit,
                async () => (await mesh.GetAsync(client, "/api/v1/products/0/ratings", "jason")).Status == System.Net.HttpStatusCode.InternalServerError);
            Assert.Equal(System.Net.HttpStatusCode.OK, (await mesh.GetAsync(client, "/api/v1/products/0/ratings")).Status);
            JsonNode explained = await ExplainAsync("http://ratings:9080/ratings/0", "jason");
            Assert.Equal("fault", (string?)explained["outcome"]);
            Assert.Equal(500, (int?)explained["status"]);
        }
        finally
        {
            await mesh.DeleteAsync(files[1]);
            await mesh.DeleteAsync(files[0]);
        }
    }

    [Fact]
    public async Task Delay_ForJason_LastsAsWrittenAndForNobodyElse()
    {
        string[] files = [Repository.TestData($"istio/bookinfo/{Rules}"), Repository.TestData($"istio/bookinfo/{Net("virtual-service-ratings-test-delay")}")];
        using var client = new HttpClient();
        try
        {
            await mesh.ApplyAsync(files[0]);
            await mesh.ApplyAsync(files[1]);
            await Eventually.TrueAsync("explain knows the delay", EffectLimit,
                async () => (string?)(await ExplainAsync("http://ratings:9080/ratings/0", "jason"))["faults"]?[0]?["kind"] == "delay");
            long began = Stopwatch.GetTimestamp();
            Assert.NotEqual(System.Net.HttpStatusCode.OK, (await mesh.GetAsync(client, "/api/v1/products/0/ratings", "jason")).Status);
            Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(2.9), "the page gives up after its own three seconds");
            began = Stopwatch.GetTimestamp();
            Assert.Equal(System.Net.HttpStatusCode.OK, (await mesh.GetAsync(client, "/api/v1/products/0/ratings")).Status);
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(2.9));
        }
        finally
        {
            await mesh.DeleteAsync(files[1]);
            await mesh.DeleteAsync(files[0]);
        }
    }

    [Theory]
    [InlineData("virtual-service-details-v2", "http://details:9080/details/0", "/api/v1/products/0", "no-endpoints")]
    [InlineData("virtual-service-ratings-db", "http://ratings:9080/ratings/0", "/api/v1/products/0/ratings", "no-endpoints")]
    [InlineData("virtual-service-ratings-mysql", "http://ratings:9080/ratings/0", "/api/v1/products/0/ratings", "no-endpoints")]
    [InlineData("virtual-service-ratings-mysql-vm", "http://ratings:9080/ratings/0", "/api/v1/products/0/ratings", "no-endpoints")]
    [InlineData("fault-injection-details-v1", "http://details:9080/details/0", "/api/v1/products/0", "fault")]
    public async Task FileThatBreaksAService_Applied_FailsAsExplained(string file, string to, string path, string outcome)
    {
        string[] files = [Repository.TestData($"istio/bookinfo/{Rules}"), Repository.TestData($"istio/bookinfo/{Net(file)}")];
        using var client = new HttpClient();
        try
        {
            await mesh.ApplyAsync(files[0]);
            await mesh.ApplyAsync(files[1]);
            await Eventually.TrueAsync($"{path} fails", EffectLimit, async () => !((int)(await mesh.GetAsync(client, path)).Status < 400));
            Assert.Equal(outcome, (string?)(await ExplainAsync(to, user: null))["outcome"]);
        }
        finally
        {
            await mesh.DeleteAsync(files[1]);
            await mesh.ApplyAsync(files[0]); // the fault's file holds a rule for details too, which its deletion took away
            await mesh.DeleteAsync(files[0]);
        }

        await Eventually.TrueAsync($"{path} is served again", EffectLimit, async () => (int)(await mesh.GetAsync(client, path)).Status < 400);
    }

    private static string Net(string name) => $"networking/{name}.yaml";

    private static string Api(string name) => $"gateway-api/{name}.yaml";

    /// <summary>Explain says the written shares, and within a second the traffic has them.</summary>
    private async Task ComparedAsync(HttpClient client, Dictionary<string, int> shares, string? user)
    {
        long applied = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync($"only {string.Join(", ", shares.Keys)} are asked", EffectLimit,
            async () => (await SampleAsync(client, 2 * Parallel, user)).Keys.All(shares.ContainsKey));
        Assert.True(Stopwatch.GetElapsedTime(applied) < EffectLimit);

        JsonNode explained = await ExplainAsync("http://reviews:9080/reviews/0", user);
        Dictionary<string, int> said = explained["destinations"]!.AsArray().ToDictionary(Version, d => (int)d!["weight"]!);
        Assert.Equal(shares, said);

        Dictionary<string, int> seen = await SampleAsync(client, SampleCount, user);
        Assert.Equal(shares.Keys.Order(), seen.Keys.Order());
        Assert.All(shares, s => Assert.InRange(seen[s.Key] * 100 / SampleCount, s.Value - Tolerance, s.Value + Tolerance));
    }

    private static string Version(JsonNode? destination) =>
        (string?)destination!["subset"] is { Length: > 0 } subset ? subset : ((string)destination["service"]!).Split('.')[0].Replace("reviews-", "", StringComparison.Ordinal);

    private Task<JsonNode> ExplainAsync(string to, string? user) => mesh.WeftJsonAsync(
        ["explain", "--from", "default/productpage", "--to", to, .. user is null ? Array.Empty<string>() : ["-H", $"end-user: {user}"]]);

    private async Task<Dictionary<string, int>> SampleAsync(HttpClient client, int count, string? user)
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await System.Threading.Tasks.Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Parallel }, async (_, _) =>
        {
            (_, string body) = await mesh.GetAsync(client, "/api/v1/products/0/reviews", user);
            string pod = (string?)JsonNode.Parse(body)?["podname"] ?? body;
            seen.AddOrUpdate(pod.StartsWith("reviews-v", StringComparison.Ordinal) ? pod.Split('-')[1] : pod, 1, (_, n) => n + 1);
        });
        return new Dictionary<string, int>(seen);
    }
}
