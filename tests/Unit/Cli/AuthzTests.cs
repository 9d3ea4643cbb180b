using System.Text.Json.Nodes;
using Weft.Cli;
using Weft.Cli.Frame;

namespace Weft.Unit.Cli;

public sealed class AuthzTests : IDisposable
{
    private const string Mesh = """
        apiVersion: v1
        kind: Service
        metadata: {name: reviews, namespace: default}
        spec: {selector: {app: reviews}, ports: [{name: http, port: 9080}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: reviews-v1-abc, namespace: default, labels: {app: reviews}, annotations: {weft.dev/status: x}}
        spec: {serviceAccountName: reviews, containers: [{name: a, image: a, ports: [{containerPort: 9080}]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {weft.dev/status: x}}
        spec: {serviceAccountName: web, containers: [{name: a, image: a, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: web-reads, namespace: default}
        spec:
          selector: {matchLabels: {app: reviews}}
          rules:
            - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
              to: [{operation: {methods: [GET], paths: [/reviews/*]}}]
            - from: [{source: {requestPrincipals: ["https://issuer.example/*"]}}]
              when: [{key: "request.auth.claims[group]", values: [staff]}]
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: no-admin, namespace: default}
        spec:
          action: DENY
          rules: [{to: [{operation: {paths: [/admin*]}}]}]
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: elsewhere, namespace: shop}
        spec: {action: DENY, rules: [{}]}
        ---
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: jwt, namespace: default}
        spec: {jwtRules: [{issuer: "https://issuer.example"}]}
        """;

    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("weft-authz-").FullName, "mesh.yaml");

    public AuthzTests() => File.WriteAllText(_file, Mesh);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public async Task Check_WithoutACaller_ListsThePoliciesInTheOrderTheyAreAsked()
    {
        (int code, JsonObject answer) = await CheckAsync("default/reviews-v1");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal("default/reviews-v1-abc", answer["workload"]!.ToString());
        Assert.Equal(
            ["AuthorizationPolicy default/no-admin DENY", "AuthorizationPolicy default/web-reads ALLOW"],
            answer["policies"]!.AsArray().Select(p => $"{p!["policy"]} {p["action"]}"));
        Assert.Equal("deny", answer["default"]!.ToString());
        Assert.Equal("""{"from":["principals=cluster.local/ns/shop/sa/web"],"to":["methods=GET paths=/reviews/*"]}""", answer["policies"]![1]!["rules"]![0]!.ToJsonString());
        Assert.Null(answer["decision"]);
    }

    /// <summary>Who calls and how; the verdict, and the policy that decided.</summary>
    [Theory]
    [InlineData("allow", "AuthorizationPolicy default/web-reads rule[0]", "--from", "shop/web", "--path", "/reviews/1")]
    [InlineData("allow", "AuthorizationPolicy default/web-reads rule[0]", "--from", "spiffe://cluster.local/ns/shop/sa/web", "--path", "/reviews/1")]
    [InlineData("deny", null, "--from", "shop/web", "--path", "/reviews/1", "--method", "POST")]
    [InlineData("deny", null, "--from", "shop/other", "--path", "/reviews/1")]
    [InlineData("deny", null, "--from", "none", "--path", "/reviews/1")]
    [InlineData("deny", "AuthorizationPolicy default/no-admin rule[0]", "--from", "shop/web", "--path", "/admin/x")]
    [InlineData("allow", "AuthorizationPolicy default/web-reads rule[1]", "--from", "shop/other", "--claims", """{"iss":"https://issuer.example","sub":"anna","group":"staff"}""")]
    [InlineData("deny", null, "--from", "shop/other", "--claims", """{"iss":"https://issuer.example","sub":"anna","group":"guests"}""")]
    [InlineData("deny", null, "--from", "shop/web", "--path", "/reviews/1", "--claims", """{"iss":"https://other.example","sub":"anna"}""")]
    public async Task Check_WithACaller_SaysWhatDecides(string decision, string? policy, params string[] arguments)
    {
        (int code, JsonObject answer) = await CheckAsync(["default/reviews-v1", .. arguments]);
        Assert.Equal(decision, answer["decision"]!["decision"]!.ToString());
        Assert.Equal(policy, answer["decision"]!["policy"]?.ToString());
        Assert.Equal(decision == "deny" ? ExitCode.No : ExitCode.Done, code);
        Assert.NotEmpty(answer["decision"]!["why"]!.AsArray());
    }

    [Fact]
    public async Task Check_IssuerWithoutKeysInTheFile_SaysWhoFetchesThem()
    {
        (_, JsonObject answer) = await CheckAsync("default/reviews-v1", "--from", "shop/other", "--claims", """{"iss":"https://issuer.example","sub":"anna","group":"staff"}""");
        Assert.Contains("the control plane fetches them", answer["decision"]!["why"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_UnknownWorkload_EndsWith4()
    {
        (int code, _, string error) = await RunAsync("authz", "check", "-f", _file, "default/nobody");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("default/nobody", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spiffe://not an id")]
    [InlineData("gateway:default/nobody")]
    public async Task Check_CallerThatCannotBe_EndsWith2(string from)
    {
        (int code, _, string error) = await RunAsync("authz", "check", "-f", _file, "default/reviews-v1", "--from", from);
        Assert.Equal(ExitCode.WrongCommandLine, code);
        Assert.Contains(from, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ForPeople_IsATableWithTheVerdictAboveIt()
    {
        (_, string text, _) = await RunAsync("authz", "check", "-f", _file, "default/reviews-v1", "--from", "shop/web", "--path", "/admin");
        Assert.StartsWith("shop/web → default/reviews-v1-abc: deny (403) by AuthorizationPolicy default/no-admin rule[0]", text, StringComparison.Ordinal);
        Assert.Contains("What no rule decides is denied", text, StringComparison.Ordinal);
    }

    private async Task<(int Code, JsonObject Answer)> CheckAsync(params string[] arguments)
    {
        (int code, string text, string error) = await RunAsync(["authz", "check", "-o", "json", "-f", _file, .. arguments]);
        Assert.True(text.StartsWith('{'), error);
        return (code, JsonNode.Parse(text)!.AsObject());
    }

    private static async Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await WeftCli.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
