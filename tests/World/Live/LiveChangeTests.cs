using System.Diagnostics;
using Weft.ControlPlane.Api;
using Weft.ControlPlane.Distribute;
using Weft.Resources;
using Weft.World.DataPath;
using Weft.World.LifeCycle;

namespace Weft.World.Live;

/// <summary>Routes that change under load, on the whole way from a written resource to the next request; good changes and bad ones.</summary>
public sealed class LiveChangeTests
{
    private const int Switches = 40;
    private const int AnswersBetween = 20;
    private const int Bursts = 10;

    private const string Http2Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: api, namespace: default}
        spec: {selector: {app: api}, ports: [{name: http2, port: 9080}]}
        """;

    /// <summary>Half of the switches are faster. It takes some milliseconds; the rest is room for a machine that is busy with other things.</summary>
    private static readonly TimeSpan ReachMax = TimeSpan.FromMilliseconds(500);

    /// <summary>Who is switched, and what the application speaks. Clients speak both versions of HTTP, and gRPC where the application can.</summary>
    public static TheoryData<string, string> Ways => new() { { "sidecar", "HTTP/1" }, { "gateway", "HTTP/1" }, { "sidecar", "HTTP/2" }, { "gateway", "HTTP/2" } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Route_SwitchedUnderLoad_ReachesTheProxyAtOnceAndFailsNoRequest(string place, string application)
    {
        bool isHttp2 = application == "HTTP/2";
        string gateways = place == "gateway" ? "edge" : "mesh";
        await using LifeOrigin v1 = await LifeOrigin.StartAsync("v1"), v2 = await LifeOrigin.StartAsync("v2");
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        await mesh.ApplyAsync($"{LiveMesh.Gateway}\n---\n{Route("v1", gateways)}");
        if (isHttp2)
        {
            await mesh.ApplyAsync(Http2Service);
        }

        await mesh.StartApiAsync("v1", isHttp2 ? v1.Http2Port : v1.Http1Port);
        await mesh.StartApiAsync("v2", isHttp2 ? v2.Http2Port : v2.Http1Port);
        LiveProxy proxy = place == "gateway" ? await mesh.StartGatewayAsync() : await mesh.StartWebAsync();
        using RawClient client = await LiveMesh.ConnectServedAsync(proxy);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        await using SteadyLoad load = new SteadyLoad(proxy.Address, "api.default:9080").KeepAlive(2).NewConnections(1).Http2(2, invoker);
        if (isHttp2)
        {
            load.Grpc(2, invoker);
        }

        await load.ProgressAsync(AnswersBetween);
        List<TimeSpan> reached = [];
        for (int i = 0; i < Switches; i++)
        {
            string next = i % 2 == 0 ? "v2" : "v1";
            long begin = Stopwatch.GetTimestamp();
            await mesh.ApplyAsync(Route(next, gateways));
            await LiveMesh.UntilAsync(async () => await ApiVersion.AskAsync(client) == next);
            reached.Add(Stopwatch.GetElapsedTime(begin));
            await load.ProgressAsync(AnswersBetween);
            Assert.Equal(next, await ApiVersion.AskAsync(client));
        }

        Assert.Empty(await load.StopAsync());
        TimeSpan median = reached.Order().ElementAt(Switches / 2);
        TestContext.Current.SendDiagnosticMessage("A switch reached the next request after {0:F1} ms (median), {1:F1} ms (slowest).", median.TotalMilliseconds, reached.Max().TotalMilliseconds);
        Assert.True(median < ReachMax, $"{median}");
    }

    /// <summary>What admission let pass when it checked less and the proxy then refuses, as an expression that is no RE2: named in the proxy's refusal.</summary>
    [Theory]
    [InlineData("http: [{match: [{uri: {regex: '('}}], route: [{destination: {host: api, subset: v2}}]}]")]
    [InlineData("http: [{match: [{headers: {x-a: {regex: 'a{9999}'}}}], route: [{destination: {host: api, subset: v2}}]}]")]
    [InlineData("http: [{rewrite: {uriRegexRewrite: {match: '[', rewrite: /x}}, route: [{destination: {host: api, subset: v2}}]}]")]
    public async Task Route_ThatTheProxyRefuses_LeavesTheOneBeforeServingUntilItIsMended(string http)
    {
        using RawOrigin v1 = ApiVersion.Start("v1"), v2 = ApiVersion.Start("v2");
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        LiveProxy web = await StartAsync(mesh, v1, v2);
        using RawClient client = await LiveMesh.ConnectServedAsync(web);
        await using SteadyLoad load = new SteadyLoad(web.Address, "api.default:9080").KeepAlive(1).NewConnections(1);
        await load.ProgressAsync(AnswersBetween);

        await mesh.StoreUncheckedAsync(Virtual(http));
        await LiveMesh.UntilAsync(async () =>
        {
            Assert.Equal("v1", await ApiVersion.AskAsync(client));
            return mesh.RefusalOf("web", DiscoveryTypes.RouteSet) is not null;
        });
        await load.ProgressAsync(AnswersBetween);
        Assert.Equal("v1", await ApiVersion.AskAsync(client));

        await mesh.ApplyAsync(Route("v2"));
        await LiveMesh.UntilAsync(async () => await ApiVersion.AskAsync(client) == "v2");
        await LiveMesh.UntilAsync(async () => await ApiVersion.AskAsync(client) == "v2" && mesh.RefusalOf("web", DiscoveryTypes.RouteSet) is null);
        Assert.Empty(await load.StopAsync());
    }

    /// <summary>One `kubectl apply` of somebody's mistake and everybody else's changes, which may reach the proxy in one response: it is the mistake alone that waits.</summary>
    [Fact]
    public async Task Route_ThatTheProxyRefuses_HoldsUpNoOtherChange()
    {
        using RawOrigin v1 = ApiVersion.Start("v1"), v2 = ApiVersion.Start("v2");
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        LiveProxy web = await StartAsync(mesh, v1, v2);
        await mesh.ApplyAsync("""
            apiVersion: v1
            kind: Service
            metadata: {name: other, namespace: default}
            spec: {selector: {app: api, version: v1}, ports: [{name: http, port: 9080}]}
            """);
        using RawClient client = await LiveMesh.ConnectServedAsync(web);
        await LiveMesh.UntilAsync(async () => await AskOtherAsync(client) == "v1");
        for (int i = 0; i < Bursts; i++)
        {
            string next = i % 2 == 0 ? "v2" : "v1";

            await mesh.StoreUncheckedAsync(Virtual($"http: [{{match: [{{uri: {{regex: '({i}'}}}}], route: [{{destination: {{host: other}}}}]}}]", "other"));
            await mesh.ApplyAsync(Route(next));

            await LiveMesh.UntilAsync(async () => await ApiVersion.AskAsync(client) == next);
            Assert.Equal("v1", await AskOtherAsync(client));
        }
    }

    [Theory]
    [InlineData("http: [{route: [{destination: {host: api, subset: v2}, weight: most}]}]")]
    [InlineData("http: [{match: [{uri: {regex: '('}}], route: [{destination: {host: api, subset: v2}}]}]")]
    public async Task Route_ThatAdmissionRefuses_ChangesNothing(string http)
    {
        using RawOrigin v1 = ApiVersion.Start("v1"), v2 = ApiVersion.Start("v2");
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        using RawClient client = await LiveMesh.ConnectServedAsync(await StartAsync(mesh, v1, v2));
        var key = new ResourceKey("networking.istio.io", "VirtualService", "default", "api");
        Resource before = mesh.Store.Snapshot().Find(key)!;

        await Assert.ThrowsAsync<ApiRefusedException>(() => mesh.ApplyAsync(Virtual(http)));

        Assert.Equal(before.Spec!.ToJsonString(), mesh.Store.Snapshot().Find(key)!.Spec!.ToJsonString());
        Assert.Equal("v1", await ApiVersion.AskAsync(client));
    }

    private static async Task<LiveProxy> StartAsync(LiveMesh mesh, RawOrigin v1, RawOrigin v2)
    {
        await mesh.StartApiAsync("v1", v1.Port);
        await mesh.StartApiAsync("v2", v2.Port);
        await mesh.ApplyAsync(Route("v1"));
        return await mesh.StartWebAsync();
    }

    private static string Route(string version, string gateways = "mesh") => Virtual($"http: [{{route: [{{destination: {{host: api, subset: {version}, port: {{number: 9080}}}}}}]}}]", gateways: gateways);

    private static string Virtual(string http, string host = "api", string gateways = "mesh") => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: {{host}}, namespace: default }
        spec: { hosts: ["{{(gateways == "mesh" ? host : "*")}}"], gateways: [{{gateways}}], {{http}} }
        """;

    private static async Task<string?> AskOtherAsync(RawClient client)
    {
        await client.SendAsync("GET / HTTP/1.1\r\nHost: other.default:9080\r\n\r\n");
        return ApiVersion.Of((await client.ReadAnswerAsync()).Head);
    }
}
