using System.Text.Json.Nodes;
using Weft.Cli;
using Weft.World.Kubectl;

namespace Weft.World.Commands;

/// <summary>`weft ca` and `weft authz check` against a control plane.</summary>
public sealed class AuthorityCommandTests(ControlPlaneWorld world) : IClassFixture<ControlPlaneWorld>
{
    private const string Resources = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: gateway, namespace: default}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: shop, namespace: default, labels: {app: shop}}
        spec: {serviceAccountName: shop, containers: [{name: shop, image: shop, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: gateway-only, namespace: default}
        spec: {rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/gateway]}}]}]}
        """;

    [Fact]
    public async Task Ca_Roots_AreThoseOfTheAuthority()
    {
        JsonNode answer = await JsonAsync("ca");
        JsonNode root = Assert.Single(answer["roots"]!.AsArray())!;
        Assert.Equal(answer["rootSha256"]!.ToString(), root["sha256"]!.ToString());
        Assert.Equal("cluster.local", answer["trustDomain"]!.ToString());
        Assert.True(DateTimeOffset.TryParse(root["notAfter"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset until) && until > DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task CaToken_OfAServiceAccount_IsAnIdentityTokenWithTheRootToPin()
    {
        await ApplyAsync();
        JsonNode answer = await JsonAsync("ca", "token", "gateway", "--minutes", "5");
        Assert.StartsWith("weft1.", answer["token"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal((await JsonAsync("ca"))["rootSha256"]!.ToString(), answer["rootSha256"]!.ToString());
        Assert.Equal("default/gateway", answer["serviceAccount"]!.ToString());
        DateTimeOffset expires = DateTimeOffset.Parse(answer["expires"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(expires - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5));
        Assert.NotEqual(answer["token"]!.ToString(), (await JsonAsync("ca", "token", "gateway"))["token"]!.ToString());
    }

    /// <remarks>What it prints looks like a token file of `weft run`, which takes the other kind of token.</remarks>
    [Fact]
    public async Task CaToken_GivenToRun_EndsWith4AndNamesTheTokenThatIsMeant()
    {
        await ApplyAsync();
        (_, string printed, _) = await RunAsync("ca", "token", "gateway");
        string file = Path.Combine(world.Home.Path, "not-a-join-file");
        await File.WriteAllTextAsync(file, printed);

        (int code, _, string error) = await RunAsync("run", "--explicit", "--control", "https://127.0.0.1:1", "--token-file", file, "--service", "hello", "--", "true");

        Assert.Equal(4, code);
        Assert.Contains("admin.token", error, StringComparison.Ordinal);
        Assert.Contains("`weft ca token`", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CaToken_OfNobody_EndsWith1AndNamesHim()
    {
        (int code, _, string error) = await RunAsync("ca", "token", "nobody");
        Assert.Equal(1, code);
        Assert.Contains("nobody", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spiffe://cluster.local/ns/default/sa/gateway", 0)]
    [InlineData("default/shop", 1)]
    [InlineData("none", 1)]
    public async Task AuthzCheck_OfTheRunningMesh_AsksItsPolicies(string from, int expected)
    {
        await ApplyAsync();
        (int code, string text, string error) = await RunAsync("authz", "check", "default/shop", "--from", from, "--port", "80", "-o", "json");
        Assert.True(code == expected, text + error);
        Assert.Equal(expected == 0 ? "allow" : "deny", JsonNode.Parse(text)!["decision"]!["decision"]!.ToString());
    }

    private async Task ApplyAsync()
    {
        string file = Path.Combine(world.Home.Path, "authority-commands.yaml");
        await File.WriteAllTextAsync(file, Resources);
        (int code, string text, string error) = await RunAsync("apply", "-f", file);
        Assert.True(code == 0, text + error);
    }

    private async Task<JsonNode> JsonAsync(params string[] arguments)
    {
        (int code, string text, string error) = await RunAsync([.. arguments, "-o", "json"]);
        Assert.True(code == 0, text + error);
        return JsonNode.Parse(text)!;
    }

    private async Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await WeftCli.RunAsync([.. arguments, "--server", world.Home.ControlSocket], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
