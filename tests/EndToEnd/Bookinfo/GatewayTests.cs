using System.Net;
using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Bookinfo;

/// <summary>The edge by both dialects, and Istio's own file of workloads, on the running mesh.</summary>
[Collection(MeshCollection.Name)]
public sealed class GatewayTests(RunningMesh mesh)
{
    private static readonly TimeSpan EffectLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RolloutLimit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("networking/bookinfo-gateway.yaml")]
    [InlineData("gateway-api/bookinfo-gateway.yaml")]
    public async Task GatewayFile_Applied_OpensTheApplicationAndItsDeletionClosesIt(string file)
    {
        string written = Repository.TestData($"istio/bookinfo/{file}"), own = Repository.Sample("networking/gateway.yaml");
        using var client = new HttpClient();
        try
        {
            await mesh.DeleteAsync(own);
            await Eventually.TrueAsync("nothing is served", EffectLimit, async () => !await IsServedAsync(client));
            await mesh.ApplyAsync(written);
            await Eventually.TrueAsync("the page is served", EffectLimit, () => IsServedAsync(client));
            JsonNode explained = await mesh.WeftJsonAsync("explain", "--from", "gateway:default/bookinfo-gateway", "--to", "http://localhost/productpage");
            Assert.Equal("route", (string?)explained["outcome"]);
            Assert.Equal("productpage.default.svc.cluster.local", (string?)explained["destinations"]![0]!["service"]);
        }
        finally
        {
            await mesh.DeleteAsync(written);
            await mesh.ApplyAsync(own);
        }

        await Eventually.TrueAsync("the page is served as before", EffectLimit, () => IsServedAsync(client));
    }

    /// <summary>Beside the front door: what the Gateway's status says is where it answers, as long as it exists.</summary>
    [Fact]
    public async Task GatewayOfTheGatewayApi_WhileItExists_HasAProcessAtTheAddressOfItsStatus()
    {
        const string Workload = "default/own-weft";
        string written = Path.Combine(mesh.Home, "own-gateway.yaml");
        await File.WriteAllTextAsync(written, """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: own}
            spec: {gatewayClassName: weft, listeners: [{name: http, port: 80, protocol: HTTP}]}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: own}
            spec: {parentRefs: [{name: own}], rules: [{backendRefs: [{name: productpage, port: 9080}]}]}
            """);
        using var client = new HttpClient();
        Uri page;
        try
        {
            await mesh.ApplyAsync(written);
            await Eventually.TrueAsync("its own gateway is ready", RolloutLimit, async () => (string?)(await ProxyAsync(Workload))?["state"] == "ready");
            string address = "";
            await Eventually.TrueAsync("the status names its address", EffectLimit, async () =>
                (address = (await mesh.KubectlAsync("get", "gateway", "own", "-o", "jsonpath={.status.addresses[*].value}")).Succeeded().Output.Trim()).StartsWith("127.80.", StringComparison.Ordinal));
            Assert.Equal(address, (string?)(await ProxyAsync(Workload))!["podIP"]);
            Assert.Contains($"({address})", (await mesh.WeftAsync("status")).Output, StringComparison.Ordinal);
            page = new Uri($"http://{address}:{(Environment.IsPrivilegedProcess ? 80 : 8080)}/productpage");
            await Eventually.TrueAsync("the page is served there", RolloutLimit, async () => await AnswersAsync(client, page));
            Assert.True(await IsServedAsync(client)); // by the front door too
        }
        finally
        {
            await mesh.DeleteAsync(written);
        }

        await Eventually.TrueAsync("nobody answers there", RolloutLimit, async () => !await AnswersAsync(client, page));
        await Eventually.TrueAsync("its pod is gone", RolloutLimit, async () => await ProxyAsync(Workload) is null);
    }

    /// <summary>The file routes ACME challenges to a solver that is there only while a certificate is being asked for.</summary>
    [Fact]
    public async Task CertManagerFile_Applied_AnswersChallengesAsExplained()
    {
        const string challenge = "/.well-known/acme-challenge/token", solver = "cert-manager-resolver";
        string written = Repository.TestData("istio/bookinfo/networking/certmanager-gateway.yaml");
        DirectoryInfo served = Directory.CreateDirectory(Path.Combine(mesh.Home, "solver"));
        string folder = Directory.CreateDirectory(Path.Combine(served.FullName, ".well-known/acme-challenge")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), "the key");
        using var client = new HttpClient();
        try
        {
            await mesh.ApplyAsync(written);
            await AnswersAsExplainedAsync(client, challenge, "unknown-cluster");
            await AnswersAsExplainedAsync(client, "/elsewhere", "no-route");
            await using LiveProcess solving = LiveProcess.Start(
                Repository.Binary("weft"),
                ["run", "-n", "istio-system", "--service", solver, "--port", "http:8089", "--", "/usr/bin/python3", "-m", "http.server", "8089", "-d", served.FullName],
                new Dictionary<string, string> { ["WEFT_HOME"] = mesh.Home });
            await Eventually.TrueAsync("the solver's answer comes through", RolloutLimit, async () => (await mesh.GetAsync(client, challenge)).Body == "the key");
            JsonNode explained = await ExplainCertManagerAsync(challenge);
            Assert.Equal("route", (string?)explained["outcome"]);
            Assert.Equal($"{solver}.istio-system.svc.cluster.local", (string?)explained["destinations"]![0]!["service"]);
            Assert.Equal(8089, (int?)explained["destinations"]![0]!["port"]);
        }
        finally
        {
            await mesh.DeleteAsync(written);
            await mesh.KubectlAsync("delete", "service", solver, "-n", "istio-system", "--ignore-not-found");
        }
    }

    [Fact]
    public async Task IstiosWorkloads_Applied_RunAsLocalCommands()
    {
        using var client = new HttpClient();
        await mesh.ApplyAsync(Repository.TestData("istio/bookinfo/platform/kube/bookinfo.yaml"));
        (await mesh.KubectlAsync("wait", "--for=condition=Available", "--timeout=50s", "deployment", "--all")).Succeeded();
        await Eventually.TrueAsync("the page is served", RolloutLimit, () => IsServedAsync(client));
    }

    private async Task AnswersAsExplainedAsync(HttpClient client, string path, string outcome)
    {
        JsonNode explained = await ExplainCertManagerAsync(path);
        Assert.Equal(outcome, (string?)explained["outcome"]);
        int status = (int)explained["status"]!;
        await Eventually.TrueAsync($"{path} is answered {status}", EffectLimit, async () => (int)(await mesh.GetAsync(client, path)).Status == status);
    }

    private Task<JsonNode> ExplainCertManagerAsync(string path) =>
        mesh.WeftJsonAsync("explain", "--from", "gateway:istio-system/cert-manager-gateway", "--to", $"http://localhost{path}");

    private async Task<JsonNode?> ProxyAsync(string workload) =>
        (await mesh.ControlAsync("/weft/v1/proxies"))["proxies"]!.AsArray().FirstOrDefault(p => (string?)p!["workload"] == workload);

    private static async Task<bool> AnswersAsync(HttpClient client, Uri page)
    {
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(page);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<bool> IsServedAsync(HttpClient client)
    {
        try
        {
            (HttpStatusCode status, string body) = await mesh.GetAsync(client, "/productpage");
            return status == HttpStatusCode.OK && !body.Contains("Sorry, product", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false; // the port is closed
        }
    }
}
