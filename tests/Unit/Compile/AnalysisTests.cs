using Weft.Cli.Analyze;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Unit.Shape;

namespace Weft.Unit.Compile;

public sealed class AnalysisTests
{
    private const string World = """
        apiVersion: v1
        kind: Service
        metadata: {name: reviews}
        spec: {selector: {app: reviews}, ports: [{name: http, port: 9080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: two}
        spec: {ports: [{name: http, port: 80}, {name: http-b, port: 81}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews}
        spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}
        ---

        """;

    /// <summary>A rule of a VirtualService, the code it earns and the path.</summary>
    public static TheoryData<string, string, string> Rules() => new()
    {
        { "{route: [{destination: {host: reviewz}}]}", "IST0101", "spec.http[0].route[0].destination.host" },
        { "{route: [{destination: {host: reviews, subset: v9}}]}", "IST0101", "spec.http[0].route[0].destination.subset" },
        { "{route: [{destination: {host: reviews, port: {number: 1}}}]}", "IST0101", "spec.http[0].route[0].destination.port.number" },
        { "{route: [{destination: {host: two}}]}", "IST0112", "spec.http[0].route[0].destination" },
        { "{match: [{uri: {regex: '('}}], route: [{destination: {host: reviews}}]}", "IST0122", "spec.http[0].match[0].uri.regex" },
        { "{match: [{uri: {exakt: /x}}], route: [{destination: {host: reviews}}]}", "IST0106", "spec.http[0].match[0].uri.exakt" },
        { "{timeout: 5, route: [{destination: {host: reviews}}]}", "IST0106", "spec.http[0].timeout" },
        { "{timeout: soon, route: [{destination: {host: reviews}}]}", "IST0106", "spec.http[0].timeout" },
        { "{route: [{destination: {host: reviews}, weight: 0}, {destination: {host: reviews}, weight: 0}]}", "IST0106", "spec.http[0].route" },
        { "{fault: {abort: {httpStatus: 999, percentage: {value: 1}}}, route: [{destination: {host: reviews}}]}", "IST0106", "spec.http[0].fault.abort.httpStatus" },
        { "{fault: {abort: {httpStatus: 500, percentage: {value: 101}}}, route: [{destination: {host: reviews}}]}", "IST0106", "spec.http[0].fault.abort.percentage.value" },
        { "{name: nothing}", "IST0106", "spec.http[0]" },
        { "{redirect: {uri: /x}, route: [{destination: {host: reviews}}]}", "IST0106", "spec.http[0]" },
        { "{delegate: {name: zed}}", "IST0101", "spec.http[0].delegate" },
        { "{retries: {attempts: 1, retryOn: envoy-ratelimited}, route: [{destination: {host: reviews}}]}", "WEFT0202", "spec.http[0].retries.retryOn" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void VirtualService_WithABreak_IsReportedAtItsPath(string rule, string code, string path)
    {
        IReadOnlyList<Problem> problems = Analyze(World + $"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: r}}\nspec:\n  hosts: [reviews]\n  http:\n  - {rule}\n");
        Problem found = Assert.Single(problems, p => p.Code == code && p.Path == path);
        Assert.Equal(22, found.Line);
        Assert.NotEmpty(found.Cure);
    }

    /// <summary>Whole documents beside the world and the code they earn.</summary>
    public static TheoryData<string, string> Documents() => new()
    {
        { "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: b}\nspec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]}\n", "IST0109" },
        { "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}, {route: [{destination: {host: reviews}}]}]}\n", "IST0130" },
        { "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], gateways: [zed], http: [{route: [{destination: {host: reviews}}]}]}\n", "IST0101" },
        { "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {a: b}, servers: [{port: {number: 80, name: h, protocol: HTTP}, hosts: [a.example]}]}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [b.example], gateways: [g], http: [{route: [{destination: {host: reviews}}]}]}\n", "IST0132" },
        { "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec: {host: zed}\n", "IST0101" },
        { "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec: {host: reviews, trafficPolicy: {tls: {mode: SIMPLE}}}\n", "IST0128" },
        { "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec: {host: reviews, trafficPolicy: {tls: {mode: NEVER}}}\n", "IST0106" },
        { "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: e}\nspec: {}\n", "WEFT0201" },
        { "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{name: web, port: 80}]}\n", "IST0118" },
        { "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {portz: []}\n", "WEFT0101" },
        { "apiVersion: x.example/v1\nkind: Zed\nmetadata: {name: s}\n", "WEFT0005" },
        { "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {action: CUSTOM, rules: [{}]}\n", "WEFT0202" },
        { "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: h}\nspec: {parentRefs: [{group: '', kind: Service, name: reviews}], rules: [{backendRefs: [{name: zed, port: 80}]}]}\n", "WEFT0302" },
        { "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: h}\nspec: {parentRefs: [{name: zed}], rules: [{backendRefs: [{name: reviews, port: 9080}]}]}\n", "WEFT0301" },
        { "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: h}\nspec: {parentRefs: [{group: '', kind: Service, name: reviews}], rules: [{backendRefs: [{name: reviews, port: 9080}]}]}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}]}\n", "WEFT0401" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void Documents_WithABreak_AreReported(string documents, string code) =>
        Assert.Contains(Analyze(World + documents), p => p.Code == code && p.Line > 15);

    [Fact]
    public void World_IsGood() => Assert.Empty(Analyze(World));

    [Fact]
    public void Bookinfo_AsItIs_HasNoError()
    {
        string root = BookinfoData.Root();
        Assert.DoesNotContain(FileAnalysis.Run(ResourceReader.ReadPaths([root])), p => p.Level == ProblemLevel.Error);
    }

    /// <summary>One word of each file is spoiled; the first problem stands on its line.</summary>
    [Fact]
    public void Bookinfo_EachFileBroken_NamesTheLine()
    {
        string root = BookinfoData.Root();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "networking"), "*.yaml").Concat(Directory.EnumerateFiles(Path.Combine(root, "gateway-api"), "*.yaml")))
        {
            string[] lines = File.ReadAllLines(file);
            int at = Array.FindIndex(lines, l => l.Contains("host: ", StringComparison.Ordinal) || l.Contains("backendRefs:", StringComparison.Ordinal));
            Assert.True(at >= 0, file);
            lines[at] = lines[at].Replace("host: ", "hostt: ", StringComparison.Ordinal).Replace("backendRefs:", "backendRef:", StringComparison.Ordinal);
            ResourceReader reader = new();
            reader.AddPath(Path.Combine(root, "platform/kube/bookinfo.yaml"));
            reader.AddText(string.Join('\n', lines), Path.GetFileName(file));
            Assert.Contains(FileAnalysis.Run(reader.Result), p => p.Level == ProblemLevel.Error && p.File == Path.GetFileName(file) && p.Line == at + 1);
        }
    }

    private static IReadOnlyList<Problem> Analyze(string text) => FileAnalysis.Run(ResourceReader.ReadText(text, "x.yaml"));
}
