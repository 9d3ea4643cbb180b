using System.Text.Json.Nodes;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Keys;
using Weft.ControlPlane.Observe;
using Weft.Model.V1;
using Weft.World.DataPath;
using Weft.World.Discovery;
using Resource = Weft.Resources.Resource;

namespace Weft.World.Keys;

/// <summary>RequestAuthentications that only say where their keys are: the control plane brings the keys to the workloads.</summary>
public sealed class IssuerKeysTests
{
    private const string Deployment = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop","namespace":"default"},
         "spec":{"replicas":1,"selector":{"matchLabels":{"app":"shop"}},
          "template":{"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:1","ports":[{"containerPort":80}]}]}}}}
        """;

    private static readonly JwksOptions s_quick = new() { Refresh = TimeSpan.FromMilliseconds(100), Retry = TimeSpan.FromMilliseconds(50), RetryMax = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task JwksUri_KeysAreFetchedRotatedAndKeptWhenTheServerFails()
    {
        using var first = new TokenIssuer();
        using var second = new TokenIssuer();
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/keys", 200, first.Jwks);
        await using MeshWorld mesh = await MeshWorld.StartAsync(s_quick);
        await mesh.ApplyAsync(Deployment);
        await mesh.ApplyAsync(Authentication($$"""{"issuer":"{{TokenIssuer.Name}}","jwksUri":"{{server.Url}}/keys"}"""));
        await UntilAsync(mesh, (w, _) => w.JwtIssuers is [{ } issuer] && issuer.Jwks == first.Jwks);
        await ConditionAsync(mesh, "True");

        server.Set("/keys", 200, second.Jwks);
        await UntilAsync(mesh, (w, _) => w.JwtIssuers is [{ } issuer] && issuer.Jwks == second.Jwks);

        server.Set("/keys", 503, "");
        await UntilAsync(mesh, (w, problems) => w.JwtIssuers[0].Jwks == second.Jwks && problems.Contains("the answer is 503", StringComparison.Ordinal));
        await ConditionAsync(mesh, "False");

        server.Set("/keys", 200, first.Jwks);
        await UntilAsync(mesh, (w, problems) => w.JwtIssuers[0].Jwks == first.Jwks && !problems.Contains("WEFT0501", StringComparison.Ordinal));
        await ConditionAsync(mesh, "True");
    }

    [Fact]
    public async Task IssuerAlone_KeysAreFoundByItsDescription()
    {
        using var tokens = new TokenIssuer();
        await using IssuerServer server = await IssuerServer.StartAsync();
        server.Set("/realm/.well-known/openid-configuration", 200, $$"""{"issuer":"{{server.Url}}/realm","jwks_uri":"{{server.Url}}/realm/keys"}""");
        server.Set("/realm/keys", 200, tokens.Jwks);
        await using MeshWorld mesh = await MeshWorld.StartAsync(s_quick);
        await mesh.ApplyAsync(Deployment);
        await mesh.ApplyAsync(Authentication($$"""{"issuer":"{{server.Url}}/realm"}"""));

        await UntilAsync(mesh, (w, _) => w.JwtIssuers is [{ } issuer] && issuer.Jwks == tokens.Jwks);
    }

    [Fact]
    public async Task Keys_ThatCannotBeHadYet_LeaveTheIssuerWithoutAnyAndSayWhy()
    {
        await using IssuerServer server = await IssuerServer.StartAsync();
        await using MeshWorld mesh = await MeshWorld.StartAsync(s_quick);
        await mesh.ApplyAsync(Deployment);
        await mesh.ApplyAsync(Authentication($$"""{"issuer":"i","jwksUri":"{{server.Url}}/nothing"}"""));

        await UntilAsync(mesh, (w, problems) => w.JwtIssuers is [{ Jwks: "" }] && problems.Contains("tokens of this issuer are refused", StringComparison.Ordinal));
        await ConditionAsync(mesh, "False");
    }

    private static string Authentication(string rule) =>
        $$$"""{"apiVersion":"security.istio.io/v1","kind":"RequestAuthentication","metadata":{"name":"jwt","namespace":"default"},"spec":{"jwtRules":[{{{rule}}}]}}""";

    /// <summary>Looks after each publication at the workload and at what `weft status` says.</summary>
    private static async Task UntilAsync(MeshWorld mesh, Func<Workload, string, bool> condition)
    {
        Resource pod = await mesh.WhenAsync(s => s.OfKind("", "Pod").FirstOrDefault());
        using var published = new SemaphoreSlim(1);
        using IDisposable listening = mesh.Of<MeshFeed>().Listen(() => published.Release());
        while (true)
        {
            await published.WaitAsync(DiscoveryWorld.Patience);
            string problems = mesh.Of<MeshStatus>().Overview()["problems"]!.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            if (mesh.Of<MeshFeed>().Current is TappedView { Mesh: CompiledView view } && view.Mesh.Workload($"default/{pod.Name}") is { } workload && condition(workload, problems))
            {
                return;
            }
        }
    }

    private static Task<Resource> ConditionAsync(MeshWorld mesh, string status) => mesh.WhenAsync(s => s.OfKind("security.istio.io", "RequestAuthentication")
        .FirstOrDefault(r => (r.Status?["conditions"] as JsonArray ?? []).Any(c => c?["type"]?.ToString() == "KeysFetched" && c["status"]?.ToString() == status)));
}
