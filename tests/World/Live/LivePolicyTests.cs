using Weft.Resources;
using Weft.World.DataPath;

namespace Weft.World.Live;

/// <summary>Policies written as resources, and how a sidecar before the application and a gateway answer for them.</summary>
public sealed class LivePolicyTests
{
    internal const string Gateway = LiveMesh.Gateway + "\n---\n" + """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: edge, namespace: default}
        spec: {hosts: ["*"], gateways: [edge], http: [{route: [{destination: {host: api, port: {number: 9080}}}]}]}
        """;

    /// <summary>Where the limit holds, and whose it is.</summary>
    public static TheoryData<string, string> Places => new() { { "sidecar", "api" }, { "gateway", "edge" } };

    [Theory]
    [MemberData(nameof(Places))]
    public async Task RateLimit_UsedUp_Answers429AndGrpcAndLetsOtherKeysPass(string place, string app)
    {
        using RawOrigin origin = ApiVersion.Start("v1");
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        using RawClient client = await ConnectAsync(mesh, place, origin);
        await mesh.ApplyAsync($$"""
            apiVersion: weft.dev/v1alpha1
            kind: RateLimit
            metadata: { name: few, namespace: default }
            spec:
              selector: { matchLabels: { app: {{app}} } }
              rules:
              - { match: [ { uri: { prefix: /probe } } ], requests: 1, per: 1h }
              - { match: [ { uri: { prefix: /limited } } ], requests: 3, per: 1h, key: { header: x-user } }
              - { match: [ { uri: { prefix: /shared } } ], requests: 2, per: 1h }
            """);
        await UntilAsync(client, "/probe", "", 429);

        foreach ((string path, string user, int status) in new[]
        {
            ("/limited/a", "anna", 200), ("/limited/b", "anna", 200), ("/limited/c", "anna", 200), ("/limited/d", "anna", 429),
            ("/limited/a", "berta", 200), ("/limited/d", "anna", 429), ("/shared", "anna", 200), ("/shared", "berta", 200), ("/shared", "clara", 429), ("/free", "anna", 200),
        })
        {
            string head = await AskAsync(client, path, $"X-User: {user}\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", head);
            Assert.Equal(status == 429, head.Contains("retry-after: ", StringComparison.Ordinal));
            Assert.Equal(status == 200, ApiVersion.Of(head) is not null);
        }

        string grpc = await AskAsync(client, "/limited/a", "X-User: anna\r\nContent-Type: application/grpc\r\nTE: trailers\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", grpc);
        Assert.Contains("grpc-status: 14\r\n", grpc + "\r\n");
        Assert.Null(ApiVersion.Of(grpc));
    }

    [Fact]
    public async Task Token_AtAGateway_IsCheckedWhereItIsGivenAndDemandedByPolicyOnly()
    {
        using RawOrigin origin = ApiVersion.Start("v1");
        using var issuer = new TokenIssuer();
        await using LiveMesh mesh = await LiveMesh.StartAsync();
        using RawClient client = await ConnectAsync(mesh, "gateway", origin);
        await mesh.ApplyAsync($$"""
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: { name: tokens, namespace: default }
            spec: { selector: { matchLabels: { app: edge } }, jwtRules: [ { issuer: "{{TokenIssuer.Name}}", jwks: '{{issuer.Jwks}}' } ] }
            """);
        string stale = issuer.Make("anna", expires: 1);
        await UntilAsync(client, "/", Bearer(stale), 401);
        (string Token, int Open, int Asked)[] cases =
        [
            (issuer.Make("anna"), 200, 200), (issuer.Make("anna", algorithm: "ES256"), 200, 200), (issuer.Make("berta"), 200, 403), ("", 200, 403),
            (stale, 401, 401), (issuer.Make("anna")[..^4] + "AAAA", 401, 401), (issuer.Make("anna", issuer: "https://other.example"), 401, 401), ("no.token.this", 401, 401),
        ];
        await AssertAsync(cases.Select(c => (c.Token, c.Open)));

        await mesh.ApplyAsync($$"""
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: { name: anna, namespace: default }
            spec: { selector: { matchLabels: { app: edge } }, action: ALLOW, rules: [ { from: [ { source: { requestPrincipals: ["{{TokenIssuer.Name}}/anna"] } } ] } ] }
            """);
        await UntilAsync(client, "/", "", 403);
        await AssertAsync(cases.Select(c => (c.Token, c.Asked)));

        async Task AssertAsync(IEnumerable<(string Token, int Status)> expected)
        {
            foreach ((string token, int status) in expected)
            {
                string head = await AskAsync(client, "/", Bearer(token));
                Assert.StartsWith($"HTTP/1.1 {status} ", head);
                Assert.Equal(status == 200, ApiVersion.Of(head) is not null);
            }
        }
    }

    private static string Bearer(string token) => token.Length > 0 ? $"Authorization: Bearer {token}\r\n" : "";

    /// <summary>A client of a sidecar beside it, or of a gateway, that the application has answered.</summary>
    private static async Task<RawClient> ConnectAsync(LiveMesh mesh, string place, RawOrigin origin)
    {
        await mesh.StartApiAsync("v1", origin.Port);
        await mesh.ApplyAsync(Gateway);
        return await LiveMesh.ConnectServedAsync(place == "gateway" ? await mesh.StartGatewayAsync() : await mesh.StartWebAsync());
    }

    private static Task UntilAsync(RawClient client, string path, string fields, int status) =>
        LiveMesh.UntilAsync(async () => (await AskAsync(client, path, fields)).StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal));

    private static async Task<string> AskAsync(RawClient client, string path, string fields)
    {
        await client.GetAsync(path, fields);
        return (await client.ReadAnswerAsync()).Head;
    }
}
