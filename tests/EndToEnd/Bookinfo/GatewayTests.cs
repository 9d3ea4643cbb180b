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

    [Fact]
    public async Task IstiosWorkloads_Applied_RunAsLocalCommands()
    {
        using var client = new HttpClient();
        await mesh.ApplyAsync(Repository.TestData("istio/bookinfo/platform/kube/bookinfo.yaml"));
        (await mesh.KubectlAsync("wait", "--for=condition=Available", "--timeout=50s", "deployment", "--all")).Succeeded();
        await Eventually.TrueAsync("the page is served", RolloutLimit, () => IsServedAsync(client));
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
