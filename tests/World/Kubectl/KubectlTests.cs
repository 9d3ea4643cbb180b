using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Resources;

namespace Weft.World.Kubectl;

/// <summary>The real kubectl, with validation on, against the resource API.</summary>
public sealed class KubectlTests(ControlPlaneWorld world) : IClassFixture<ControlPlaneWorld>
{
    private const string Route = """
        apiVersion: networking.istio.io/v1alpha3
        kind: VirtualService
        metadata: {name: NAME}
        spec:
          hosts: [NAME]
          http:
          - route:
            - destination: {host: NAME, subset: v1}
        """;

    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: NAME, labels: {app: NAME}}
        spec:
          selector: {app: NAME}
          ports:
          - {port: 80, name: http}
          - {port: 81, name: admin}
        """;

    public static TheoryData<string> BookinfoFiles()
    {
        string[] parts = ["istio/bookinfo/networking", "istio/bookinfo/gateway-api"];
        IEnumerable<string> files = ControlPlaneWorld.TestData is { } data
            ? parts.SelectMany(p => Directory.EnumerateFiles(Path.Combine(data, p), "*.yaml")).Append(Path.Combine(data, "istio/bookinfo/platform/kube/bookinfo.yaml")).Order(StringComparer.Ordinal)
            : ["(absent)"];
        return [.. files];
    }

    [Theory]
    [MemberData(nameof(BookinfoFiles))]
    public async Task Apply_BookinfoFileTwice_ChangesNothingTheSecondTime(string file)
    {
        Assert.SkipWhen(ControlPlaneWorld.TestData is null, "../shared/testdata is not there; set WEFT_TESTDATA");
        string first = await world.KubectlOkAsync("apply", "-f", file);
        Dictionary<ResourceKey, long> generations = world.Store.Snapshot().All.ToDictionary(r => r.Key, r => r.Generation);
        string second = await world.KubectlOkAsync("apply", "-f", file);
        Assert.Equal(first.Split('\n').Length, second.Split('\n').Length);
        Assert.DoesNotContain("created", second, StringComparison.Ordinal);
        Assert.All(world.Store.Snapshot().All.Where(r => generations.ContainsKey(r.Key)), r => Assert.Equal(generations[r.Key], r.Generation));
    }

    [Fact]
    public async Task Apply_OldVersion_IsServedInEveryVersion()
    {
        await ApplyAsync(Route, "versions");
        foreach (string version in (string[])["v1", "v1beta1", "v1alpha3"])
        {
            string json = await world.KubectlOkAsync("get", $"virtualservices.{version}.networking.istio.io", "versions", "-o", "json");
            Assert.Equal($"networking.istio.io/{version}", (string?)JsonNode.Parse(json)!["apiVersion"]);
        }
    }

    [Fact]
    public async Task Get_WeftKinds_ShowTheirColumns()
    {
        await ApplyAsync("apiVersion: weft.dev/v1alpha1\nkind: Rollout\nmetadata: {name: NAME}\nspec: {target: {kind: VirtualService, name: x}, stable: {subset: v1}, canary: {subset: v2}}\n", "forward");
        await ApplyAsync("apiVersion: weft.dev/v1alpha1\nkind: RateLimit\nmetadata: {name: NAME}\nspec: {rules: [{requests: 100, per: 1m, key: {header: x-user}}]}\n", "slow");
        string rollout = await world.KubectlOkAsync("get", "rollouts", "forward");
        Assert.True(System.Text.RegularExpressions.Regex.IsMatch(rollout, @"NAME +TARGET +PHASE +WEIGHT +SUCCESS +P99 +AGE\s+forward +x "), rollout);
        Assert.Matches(@"NAME +REQUESTS +PER +AGE\s+slow +100 +1m ", await world.KubectlOkAsync("get", "rl", "slow"));
    }

    [Fact]
    public async Task Get_Wide_ShowsTheColumnsOfTheKind()
    {
        await ApplyAsync(Service, "columns");
        string text = await world.KubectlOkAsync("get", "service", "columns", "-o", "wide");
        Assert.Matches(@"NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE +SELECTOR", text);
        Assert.Matches(@"columns +ClusterIP +240\.240\.\d+\.\d+ +<none> +80/TCP,81/TCP +\w+ +app=columns", text);
    }

    [Theory]
    [InlineData("strategic", """{"spec":{"ports":[{"port":81,"name":"metrics"}]}}""", "http,metrics")]
    [InlineData("merge", """{"spec":{"ports":[{"port":81,"name":"metrics"}]}}""", "metrics")]
    [InlineData("json", """[{"op":"replace","path":"/spec/ports/0/name","value":"web"}]""", "web,admin")]
    public async Task Patch_EachKind_ChangesPortsAsItsRulesSay(string kind, string patch, string expected)
    {
        string name = $"patched-{kind}";
        await ApplyAsync(Service, name);
        await world.KubectlOkAsync("patch", "service", name, "--type", kind, "-p", patch);
        JsonArray ports = (JsonArray)Find("", "Service", name)!.Spec!["ports"]!;
        Assert.Equal(expected, string.Join(",", ports.Select(p => (string?)p!["name"])));
    }

    /// <summary>A rule of a VirtualService, an HTTPRoute or a RateLimit that no proxy could take, and what kubectl prints of it.</summary>
    [Theory]
    [InlineData("VirtualService", "match: [{uri: {regex: '('}}]", "spec.http[0].match[0].uri.regex: Invalid value: Field \"spec.http[0].match[0].uri.regex\" regular expression invalid: \"(\"")]
    [InlineData("VirtualService", "match: [{headers: {x.a: {regex: '(?=a)'}}}]", "spec.http[0].match[0].headers[\"x.a\"].regex")]
    [InlineData("VirtualService", "match: [{uri: {regex: '((a{100}){100}){100}'}}]", "nested repetitions multiply to more than 1000")]
    [InlineData("VirtualService", "match: [{uri: {prefix: /}}], rewrite: {uriRegexRewrite: {match: '/(a)', rewrite: '/\\2'}}", "spec.http[0].rewrite.uriRegexRewrite.rewrite")]
    [InlineData("RateLimit", "match: [{uri: {regex: 'a{1001}'}}], requests: 1, per: 1h", "spec.rules[0].match[0].uri.regex")]
    [InlineData("HTTPRoute", "matches: [{path: {type: RegularExpression, value: '/a[z-a]'}}]", "spec.rules[0].matches[0].path.value")]
    [InlineData("HTTPRoute", "matches: [{headers: [{type: RegularExpression, name: a, value: '*'}]}]", "spec.rules[0].matches[0].headers[0].value")]
    public async Task Apply_ExpressionThatNoProxyTakes_IsRefusedWithItsPathAndTheCure(string kind, string rule, string expected)
    {
        (string group, string version) = kind switch { "HTTPRoute" => ("gateway.networking.k8s.io", "v1"), "RateLimit" => ("weft.dev", "v1alpha1"), _ => ("networking.istio.io", "v1") };
        string spec = kind == "VirtualService" ? $"hosts: [hostile], http: [{{{rule}, route: [{{destination: {{host: hostile}}}}]}}]" : $"rules: [{{{rule}}}]";
        string resource = $"apiVersion: {group}/{version}\nkind: {kind}\nmetadata: {{name: hostile}}\nspec: {{{spec}}}";

        Said said = await world.KubectlAsync(resource, ["apply", "-f", "-"], null);

        Assert.Equal(1, said.Code);
        Assert.Contains(expected, said.Error, StringComparison.Ordinal);
        Assert.Contains("[IST0122]", said.Error, StringComparison.Ordinal);
        Assert.Null(Find(group, kind, "hostile"));
    }

    /// <summary>What is stored may have been stored by a version that checked less: who labels it has not written the mistake.</summary>
    [Fact]
    public async Task Label_OfARouteWhoseExpressionIsRefusedToday_IsTaken()
    {
        await ApplyAsync(Route, "older");
        Resource stored = Find("networking.istio.io", "VirtualService", "older")!;
        JsonObject json = (JsonObject)stored.Json.DeepClone();
        json["spec"]!["http"]![0]!["match"] = JsonNode.Parse("""[{"uri":{"regex":"("}}]""");
        await world.Store.PutAsync(new Resource(json), stored.Revision, new WriteOrigin("test", "test"), TestContext.Current.CancellationToken);

        await world.KubectlOkAsync("label", "virtualservice", "older", "step=two");

        Said edited = await world.KubectlAsync("patch", "virtualservice", "older", "--type", "merge", "-p", """{"spec":{"hosts":["newer"]}}""");
        Assert.Equal(1, edited.Code);
        Assert.Contains("spec.http[0].match[0].uri.regex", edited.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_ByScript_StoresTheEditedField()
    {
        await ApplyAsync(Route, "edited");
        Said said = await world.KubectlAsync("", ["edit", "virtualservice", "edited"], start => start.Environment["EDITOR"] = "sed -i s/subset:.v1/subset:\\ v2/");
        Assert.True(said.Code == 0, said.All);
        Assert.Equal("v2", (string?)Find("networking.istio.io", "VirtualService", "edited")!.Spec!["http"]![0]!["route"]![0]!["destination"]!["subset"]);
    }

    /// <summary>Newer kubectl sends these as protobuf, Debian's as JSON: what is stored is the same.</summary>
    [Theory]
    [InlineData("configmap made --from-literal=key=value", "", "ConfigMap", "data.key", "value")]
    [InlineData("secret generic made --from-literal=key=value", "", "Secret", "data.key", "dmFsdWU=")]
    [InlineData("service clusterip made --tcp=80:http", "", "Service", "spec.ports.0.targetPort", "http")]
    [InlineData("service nodeport made-too --tcp=80:8080", "", "Service", "spec.ports.0.targetPort", "8080")]
    [InlineData("deployment made --image=one --replicas=0", "apps", "Deployment", "spec.replicas", "0")]
    [InlineData("ingress made --rule=a.example/b*=c:80", "networking.k8s.io", "Ingress", "spec.rules.0.http.paths.0.backend.service.port.number", "80")]
    [InlineData("serviceaccount made", "", "ServiceAccount", "metadata.name", "made")]
    public async Task Create_ByWords_StoresWhatTheySay(string words, string group, string kind, string field, string expected)
    {
        string[] arguments = words.Split(' ');
        await world.KubectlOkAsync(["create", .. arguments]);
        string name = arguments.First(a => a.StartsWith("made", StringComparison.Ordinal));
        JsonNode? at = Find(group, kind, name)!.Json;
        foreach (string step in field.Split('.'))
        {
            at = int.TryParse(step, out int index) ? at?[index] : at?[step];
        }

        Assert.Equal(expected, at?.ToString());
    }

    [Fact]
    public async Task CreateToken_ForAServiceAccount_PrintsIt()
    {
        Said said = await world.KubectlAsync("create", "token", "default");
        Assert.SkipWhen(said.Error.Contains("unknown command", StringComparison.Ordinal), "this kubectl is older than `create token`");
        Assert.StartsWith("weft1.", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetWatch_ChangeAfterList_PrintsARow()
    {
        await ApplyAsync(Service, "watched");
        Assert.SkipWhen(ControlPlaneWorld.Kubectl is null, "kubectl is not on PATH");
        ProcessStartInfo start = new(ControlPlaneWorld.Kubectl!, ["get", "service", "watched", "-w", "-L", "step"]) { RedirectStandardOutput = true };
        start.Environment["KUBECONFIG"] = world.Home.Kubeconfig;
        using Process watching = Process.Start(start)!;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        await watching.StandardOutput.ReadLineAsync(limit.Token); // headings
        await watching.StandardOutput.ReadLineAsync(limit.Token); // the state at the beginning
        await world.KubectlOkAsync("label", "service", "watched", "step=two");
        Assert.Contains("two", await watching.StandardOutput.ReadLineAsync(limit.Token), StringComparison.Ordinal);
        watching.Kill();
    }

    [Fact]
    public async Task Wait_ForCondition_EndsWhenStatusSaysSo()
    {
        await ApplyAsync(Service, "waited");
        Task<Said> waiting = world.KubectlAsync("wait", "service/waited", "--for=condition=Ready", "--timeout=30s");
        JsonNode ready = JsonNode.Parse("""{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""")!;
        using ControlPlaneClient client = new(ControlPlaneAddress.Local(world.Home));
        await client.PatchAsync("/api/v1/namespaces/default/services/waited/status", "application/merge-patch+json", ready, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await waiting).Code);
    }

    [Fact]
    public async Task ServerSideApply_AfterClientSide_TakesOver()
    {
        await ApplyAsync(Route, "applied");
        Said said = await world.KubectlAsync(Route.Replace("NAME", "applied", StringComparison.Ordinal).Replace("v1}", "v3}", StringComparison.Ordinal), ["apply", "--server-side", "-f", "-"], null);
        Assert.True(said.Code == 0, said.All);
        Assert.Equal("v3", (string?)Find("networking.istio.io", "VirtualService", "applied")!.Spec!["http"]![0]!["route"]![0]!["destination"]!["subset"]);
    }

    [Fact]
    public async Task Diff_OfAChange_ShowsItAndWritesNothing()
    {
        await ApplyAsync(Route, "differing");
        long before = world.Store.Snapshot().Find(Find("networking.istio.io", "VirtualService", "differing")!.Key)!.Revision;
        Said said = await world.KubectlAsync(Route.Replace("NAME", "differing", StringComparison.Ordinal).Replace("v1}", "v2}", StringComparison.Ordinal), ["diff", "-f", "-"], null);
        Assert.Equal(1, said.Code);
        Assert.Contains("+        subset: v2", said.Out, StringComparison.Ordinal);
        Assert.Equal(before, Find("networking.istio.io", "VirtualService", "differing")!.Revision);
    }

    [Theory]
    [InlineData("explain|virtualservice.spec.http.route.destination", "subset")]
    [InlineData("explain|pod.spec.containers", "imagePullPolicy")]
    [InlineData("explain|service.spec|--output=plaintext-openapiv2", "clusterIP")]
    [InlineData("api-resources", "virtualservices")]
    [InlineData("api-versions", "gateway.networking.k8s.io/v1")]
    [InlineData("version", "v1.32.0+weft")]
    [InlineData("describe|namespace|default", "Active")]
    [InlineData("auth|can-i|create|pods", "yes")]
    [InlineData("get|namespaces", "istio-system")]
    [InlineData("get|serviceaccounts|-n|istio-system", "default")]
    public async Task Command_AsUsersTypeIt_PrintsWhatTheyExpect(string line, string expected)
    {
        Said said = await world.KubectlAsync(line.Split('|'));
        Assert.SkipWhen(said.Error.Contains("unknown flag", StringComparison.Ordinal), "this kubectl is older than the flag");
        Assert.True(said.Code == 0, said.All);
        Assert.Contains(expected, said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_Owner_TakesItsPodsAlong()
    {
        string owner = Service.Replace("NAME", "owner", StringComparison.Ordinal);
        await world.KubectlAsync(owner, ["apply", "-f", "-"], null);
        string uid = Find("", "Service", "owner")!.Uid;
        const string owned = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owned","ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"owner","uid":"UID"}]}}""";
        await world.KubectlAsync(owned.Replace("UID", uid, StringComparison.Ordinal), ["apply", "-f", "-"], null);
        Task<Said> gone = world.KubectlAsync("wait", "configmap/owned", "--for=delete", "--timeout=30s");
        await world.KubectlOkAsync("delete", "service", "owner");
        Assert.Equal(0, (await gone).Code);
    }

    [Theory]
    [InlineData("hosts: [a]\n  htp: []", "unknown field \"spec.htp\" (did you mean \"http\"?)", "\"htp\"")]
    [InlineData("hosts: a", "spec.hosts: Invalid value: must be a list, is text", "spec.hosts")]
    [InlineData("hosts: [a]\n  http: [{route: [{destination: {}}]}]", "spec.http[0].route[0].destination.host: Required value", "\"host\"")]
    public async Task Apply_Wrong_NamesFieldAndCureAndStoresNothing(string spec, string expected, string field)
    {
        Said said = await world.KubectlAsync($"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: wrong}}\nspec:\n  {spec}\n", ["apply", "-f", "-"], null);
        Assert.Equal(1, said.Code);

        // Older kubectl checks by the served OpenAPI itself, and then asks nobody.
        bool checkedByClient = said.Error.Contains("error validating data", StringComparison.Ordinal);
        Assert.Contains(checkedByClient ? field : expected, said.Error, StringComparison.Ordinal);
        Assert.Null(Find("networking.istio.io", "VirtualService", "wrong"));
    }

    [Fact]
    public async Task Request_WithoutCredentials_GetsLivenessAndNothingElse()
    {
        using HttpClient http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true }) { BaseAddress = world.Address };
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        Assert.Equal(200, (int)(await http.GetAsync(new Uri("/readyz", UriKind.Relative), limit.Token)).StatusCode);
        foreach (string path in (string[])["/", "/api", "/api/v1/secrets", "/openapi/v3", "/version", "/weft/v1/status"])
        {
            Assert.Equal(401, (int)(await http.GetAsync(new Uri(path, UriKind.Relative), limit.Token)).StatusCode);
        }

        http.DefaultRequestHeaders.Authorization = new("Bearer", "wrong");
        Assert.Equal(401, (int)(await http.GetAsync(new Uri("/api", UriKind.Relative), limit.Token)).StatusCode);
    }

    private async Task ApplyAsync(string manifest, string name)
    {
        Said said = await world.KubectlAsync(manifest.Replace("NAME", name, StringComparison.Ordinal), ["apply", "-f", "-"], null);
        Assert.True(said.Code == 0, said.All);
    }

    private Resource? Find(string group, string kind, string name) => world.Store.Snapshot().Find(new ResourceKey(group, kind, "default", name));
}
