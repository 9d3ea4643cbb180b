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
        { "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\nspec: {workloadSelector: {labels: {app: x}}}\n---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: b}\nspec: {workloadSelector: {labels: {v: '1'}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: x, v: '1'}}\n", "IST0110" },
        { "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: a}\nspec: {selector: {matchLabels: {app: x}}}\n---\napiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: b}\nspec: {selector: {matchLabels: {v: '1'}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: x, v: '1'}}\n", "IST0159" },
        { "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: a}\nspec: {accessLogging: [{disabled: false}]}\n", "IST0157" },
        { "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {a: b}, servers: [{port: {number: 80, name: h, protocol: HTTP}, hosts: [reviews]}]}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], gateways: [g], http: [{match: [{headers: {'@request.auth.claims.group': {exact: x}}}], route: [{destination: {host: reviews}}]}]}\n", "IST0149" },
        { "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {a: b}, servers: [{port: {number: 80, name: h, protocol: HTTP}, hosts: [reviews]}]}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a, annotations: {weft.dev/split-by: 'claim:sub'}}\nspec: {hosts: [reviews], gateways: [g], http: [{route: [{destination: {host: reviews}}]}]}\n", "IST0149" },
        { "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], http: [{match: [{uri: {prefix: /a}}], route: [{destination: {host: reviews}}]}, {match: [{uri: {exact: /a/b}, method: {exact: GET}}], route: [{destination: {host: reviews}}]}]}\n", "WEFT0307" },
        { "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: h}\nspec: {parentRefs: [{group: '', kind: Service, name: reviews}], rules: [{matches: [{path: {value: /a}}], backendRefs: [{name: reviews, port: 9080}]}, {matches: [{path: {type: PathPrefix, value: /a}}], backendRefs: [{name: reviews, port: 9080}]}]}\n", "WEFT0307" },
        { "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], http: [{route: [{destination: {host: reviews}, weight: 50}, {destination: {host: reviews, subset: v1}, weight: 40}]}]}\n", "WEFT0308" },
        { "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [reviews], http: [{fault: {delay: {percent: 5, fixedDelay: 1s}}, route: [{destination: {host: reviews}}]}]}\n", "IST0002" },
        { "apiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {istio-injection: enabled, istio.io/rev: x}}\n", "IST0123" },
        { "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {app: reviews}}, template: {metadata: {labels: {app: reviews}}, spec: {containers: [{name: c, image: i}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {selector: {app: reviews}, ports: [{name: tcp, port: 9080}]}\n", "IST0116" },
        { "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {app: reviews}}, template: {metadata: {labels: {app: reviews}}, spec: {containers: [{name: c, image: i}]}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 9080}]}\n", "IST0137" },
        { "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec: {host: reviews, subsets: [{name: v9, labels: {version: v9}}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: reviews, version: v1}}\n", "IST0173" },
        { "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {a: b}, servers: [{port: {number: 443, name: h, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}, hosts: [a.example]}]}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: c}\nstringData: {tls.crt: x, tls.key: y}\n", "IST0161" },
        { "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {a: b}, servers: [{port: {number: 443, name: h, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}, hosts: [a.example]}]}\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: k}\nspec: {selector: {a: b}, servers: [{port: {number: 443, name: h, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}, hosts: [b.example]}]}\n", "IST0138" },
        { "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec: {selector: {a: b}, servers: [{port: {number: 8443, name: h, protocol: HTTP}, hosts: [a.example]}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: ingress}\nspec: {selector: {a: b}, ports: [{name: http, port: 80}]}\n", "IST0162" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: zed}, hedging: {after: 50ms}}\n", "WEFT0309" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: ServiceEntry, name: reviews}, hedging: {after: 50ms}}\n", "WEFT0309" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews, port: 1}, hedging: {after: 50ms}}\n", "WEFT0309" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}, hedging: {after: soon}}\n", "WEFT0102" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}, hedging: {after: 10us}}\n", "WEFT0102" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}, healthCheck: {tcp: {}, interval: 2h}}\n", "WEFT0102" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}, healthCheck: {tcp: {}, timeout: 9s}}\n", "WEFT0102" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}, healthCheck: {tcp: {}, http: {}}}\n", "WEFT0102" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}}\n", "WEFT0102" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: Service, name: reviews}, hedging: {after: 50ms}}\n---\napiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: a}\nspec: {targetRef: {kind: Service, name: reviews}, zoneAware: {}}\n", "WEFT0402" },
        { "apiVersion: weft.dev/v1alpha1\nkind: BackendPolicy\nmetadata: {name: b}\nspec: {targetRef: {kind: ServiceEntry, name: e}, healthCheck: {tcp: {}}}\n---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e}\nspec: {hosts: [api.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: NONE}\n", "WEFT0202" },
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

    private static IReadOnlyList<Problem> Analyze(string text) => FileAnalysis.Run(ResourceReader.ReadText(text, "x.yaml"));
}
