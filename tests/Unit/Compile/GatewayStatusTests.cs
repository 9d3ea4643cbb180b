using System.Text.Json.Nodes;
using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Unit.Compile;

public sealed class GatewayStatusTests
{
    private const string World = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: gw, generation: 3}
        spec: {gatewayClassName: weft, listeners: [{name: http, port: 80, protocol: HTTP, hostname: "*.example"}, {name: udp, port: 53, protocol: UDP}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: s}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: proxy, labels: {weft.dev/gateway: ingress}}
        spec: {containers: [{name: weft-proxy}]}
        status: {phase: Running, podIP: 10.0.0.1}
        ---

        """;

    /// <summary>A route's spec, then the reasons of its Accepted and ResolvedRefs conditions.</summary>
    [Theory]
    [InlineData("{parentRefs: [{name: gw}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "Accepted", "ResolvedRefs")]
    [InlineData("{parentRefs: [{name: gw}], hostnames: [a.example], rules: [{backendRefs: [{name: zed, port: 80}]}]}", "Accepted", "BackendNotFound")]
    [InlineData("{parentRefs: [{name: gw}], hostnames: [a.other], rules: [{backendRefs: [{name: s, port: 80}]}]}", "NoMatchingListenerHostname", "ResolvedRefs")]
    [InlineData("{parentRefs: [{name: gw, sectionName: zed}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "NoMatchingParent", "ResolvedRefs")]
    [InlineData("{parentRefs: [{name: gw, sectionName: udp}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "NotAllowedByListeners", "ResolvedRefs")]
    [InlineData("{parentRefs: [{name: gw}], rules: [{backendRefs: [{name: s, namespace: far, port: 80}]}]}", "Accepted", "RefNotPermitted")]
    [InlineData("{parentRefs: [{name: gw}], rules: [{backendRefs: [{group: x, kind: Y, name: s, port: 80}]}]}", "Accepted", "InvalidKind")]
    [InlineData("{parentRefs: [{group: '', kind: Service, name: s}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "Accepted", "ResolvedRefs")]
    [InlineData("{parentRefs: [{group: '', kind: Service, name: s, port: 9}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "NoMatchingParent", "ResolvedRefs")]
    [InlineData("{parentRefs: [{group: '', kind: Service, name: s, sectionName: http}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "Accepted", "ResolvedRefs")]
    [InlineData("{parentRefs: [{group: '', kind: Service, name: s, sectionName: zed}], rules: [{backendRefs: [{name: s, port: 80}]}]}", "NoMatchingParent", "ResolvedRefs")]
    public void Route_OfAParent_HasItsConditions(string spec, string accepted, string resolved)
    {
        JsonObject status = Status(World + $"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r, generation: 7}}\nspec: {spec}\n", "HTTPRoute");
        JsonObject parent = Assert.Single(status["parents"]!.AsArray())!.AsObject();
        Assert.Equal("weft.dev/gateway-controller", parent["controllerName"]!.ToString());
        Assert.Equal(accepted, Reason(parent, "Accepted"));
        Assert.Equal(resolved, Reason(parent, "ResolvedRefs"));
        Assert.All(parent["conditions"]!.AsArray(), c => Assert.Equal("7", c!["observedGeneration"]!.ToString()));
    }

    [Fact]
    public void Gateway_WithABadListener_SaysWhich()
    {
        JsonObject status = Status(World + "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{name: gw}], rules: [{}]}\n", "Gateway");
        Assert.Equal("ListenersNotValid", Reason(status, "Accepted"));
        Assert.Equal("Programmed", Reason(status, "Programmed"));
        JsonObject[] listeners = [.. status["listeners"]!.AsArray().Select(l => l!.AsObject())];
        Assert.Equal(["Accepted", "UnsupportedProtocol"], listeners.Select(l => Reason(l, "Accepted")));
        Assert.Equal(["1", "0"], listeners.Select(l => l["attachedRoutes"]!.ToString()));
        Assert.Equal([2, 0], listeners.Select(l => l["supportedKinds"]!.AsArray().Count));
    }

    /// <summary>Two listeners of a Gateway, then the reasons of their Conflicted conditions and of what tells that their names overlap.</summary>
    [Theory]
    [InlineData("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}", "HostnameConflict", "")]
    [InlineData("{name: a, port: 80, protocol: HTTP, hostname: a.example}, {name: b, port: 80, protocol: HTTP, hostname: A.example}", "HostnameConflict", "")]
    [InlineData("{name: a, port: 80, protocol: HTTP, hostname: a.example}, {name: b, port: 80, protocol: HTTP, hostname: '*.example'}", "NoConflicts", "")]
    [InlineData("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: TCP}", "ProtocolConflict", "")]
    [InlineData("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}", "ProtocolConflict", "")]
    [InlineData("{name: a, port: 9000, protocol: TCP}, {name: b, port: 9000, protocol: TCP}", "HostnameConflict", "")]
    [InlineData("{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}, {name: b, port: 443, protocol: TLS, tls: {mode: Passthrough}}", "HostnameConflict", "")]
    [InlineData("{name: a, port: 443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: c}]}}, {name: b, port: 443, protocol: HTTPS, hostname: '*.example', tls: {certificateRefs: [{name: c}]}}", "NoConflicts", "OverlappingHostnames")]
    [InlineData("{name: a, port: 443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: c}]}}, {name: b, port: 443, protocol: HTTPS, hostname: b.example, tls: {certificateRefs: [{name: c}]}}", "NoConflicts", "")]
    [InlineData("{name: a, port: 443, protocol: HTTPS, hostname: a.example, tls: {certificateRefs: [{name: c}]}}, {name: b, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}", "NoConflicts", "")]
    public void Listeners_BesideEachOther_SayWhetherTheyCanBeToldApart(string listeners, string conflicted, string overlapping)
    {
        JsonObject status = Status($"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: gw}}\nspec: {{gatewayClassName: weft, listeners: [{listeners}]}}\n", "Gateway");
        Assert.All(status["listeners"]!.AsArray(), l =>
        {
            Assert.Equal(conflicted, Reason(l!.AsObject(), "Conflicted"));
            Assert.Equal(conflicted == "NoConflicts" ? "Accepted" : conflicted, Reason(l!.AsObject(), "Accepted"));
            Assert.Equal(overlapping, l["conditions"]!.AsArray().FirstOrDefault(c => c!["type"]!.ToString() == "OverlappingTLSConfig")?["reason"]!.ToString() ?? "");
        });
    }

    [Fact]
    public void Gateway_WithTheLongestName_HasAStatus()
    {
        string name = string.Join('.', Enumerable.Repeat(new string('a', 62), 4)); // 251 characters
        JsonObject status = Status(World.Replace("metadata: {name: gw, generation: 3}", $"metadata: {{name: {name}, generation: 3}}", StringComparison.Ordinal), "Gateway");
        Assert.All(status["conditions"]!.AsArray(), c => Assert.Equal("3", c!["observedGeneration"]!.ToString()));
    }

    [Fact]
    public void Gateway_WithoutAWorkload_HasNoAddressAndIsNotProgrammed()
    {
        JsonObject status = Status("""
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: gw}
            spec: {gatewayClassName: weft, listeners: [{name: http, port: 80, protocol: HTTP}]}
            """, "Gateway");
        Assert.Equal("AddressNotAssigned", Reason(status, "Programmed"));
        Assert.Null(status["addresses"]);
    }

    /// <summary>A Gateway's further fields, then the reasons of Accepted and Programmed.</summary>
    [Theory]
    [InlineData("addresses: [{value: 10.0.0.1}]", "ListenersNotValid", "Programmed")]
    [InlineData("addresses: [{value: 10.0.0.9}]", "ListenersNotValid", "AddressNotUsable")]
    [InlineData("addresses: [{type: x.example/Kind, value: a}]", "UnsupportedAddress", "Invalid")]
    [InlineData("infrastructure: {parametersRef: {group: '', kind: ConfigMap, name: p}}", "InvalidParameters", "Invalid")]
    public void Gateway_WithWishes_SaysWhetherTheyAreMet(string field, string accepted, string programmed)
    {
        JsonObject status = Status(World.Replace("gatewayClassName: weft,", $"gatewayClassName: weft, {field},", StringComparison.Ordinal), "Gateway");
        Assert.Equal(accepted, Reason(status, "Accepted"));
        Assert.Equal(programmed, Reason(status, "Programmed"));
    }

    [Theory]
    [InlineData("", "True", "Accepted")]
    [InlineData(", parametersRef: {group: '', kind: ConfigMap, name: p, namespace: default}", "False", "InvalidParameters")]
    public void GatewayClass_WithParameters_SaysThatItTakesNone(string field, string status, string reason)
    {
        JsonObject of = Status($"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {{name: own}}\nspec: {{controllerName: weft.dev/gateway-controller{field}}}\n", "GatewayClass");
        Assert.Equal(status, Condition(of, "Accepted")["status"]!.ToString());
        Assert.Equal(reason, Reason(of, "Accepted"));
    }

    /// <summary>A policy's target, then the reason of its Accepted condition at the Gateway whose route leads there.</summary>
    [Theory]
    [InlineData("{group: '', kind: Service, name: s}", "Accepted")]
    [InlineData("{group: '', kind: Service, name: s, sectionName: http}", "Accepted")]
    [InlineData("{group: '', kind: Service, name: s, sectionName: zed}", "TargetNotFound")]
    [InlineData("{group: '', kind: Service, name: gone}", "TargetNotFound")]
    public void BackendTlsPolicy_ByItsTarget_SaysWhetherItHolds(string target, string reason)
    {
        JsonObject status = Status(World + $$"""
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: r}
            spec: {parentRefs: [{name: gw}], rules: [{backendRefs: [{name: s, port: 80}, {name: gone, port: 80}]}]}
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: BackendTLSPolicy
            metadata: {name: p}
            spec: {targetRefs: [{{target}}], validation: {hostname: s.example, wellKnownCACertificates: System} }
            """, "BackendTLSPolicy");
        Assert.Equal(reason, Reason(Assert.Single(status["ancestors"]!.AsArray())!.AsObject(), "Accepted"));
    }

    [Fact]
    public void Route_WithSomeRulesThatCannotBeRun_IsPartiallyInvalid()
    {
        const string Route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{name: gw}], rules: [RULES]}\n";
        const string Good = "{backendRefs: [{name: s, port: 80}]}", Odd = "{filters: [{type: ExtensionRef, extensionRef: {group: x, kind: Y, name: z}}]}";
        const string Both = "{filters: [{type: RequestRedirect, requestRedirect: {port: 81}}, {type: URLRewrite, urlRewrite: {hostname: h}}]}";
        JsonObject Parent(string rules) => Status(World + Route.Replace("RULES", rules, StringComparison.Ordinal), "HTTPRoute")["parents"]![0]!.AsObject();
        Assert.StartsWith("Dropped Rule", Condition(Parent($"{Good}, {Odd}"), "PartiallyInvalid")["message"]!.ToString(), StringComparison.Ordinal);
        const string OddBackend = "{backendRefs: [{name: s, port: 80}, {name: s, port: 80, filters: [{type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}}}]}]}";
        JsonObject condition = Condition(Parent(OddBackend), "PartiallyInvalid");
        Assert.Equal("UnsupportedValue", condition["reason"]!.ToString());
        Assert.Contains("rules[0].backendRefs[1]", condition["message"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("UnsupportedValue", Reason(Parent(Odd), "Accepted"));
        Assert.Equal("IncompatibleFilters", Reason(Parent($"{Good}, {Both}"), "Accepted"));
    }

    [Fact]
    public void Status_WrittenBack_IsNotWrittenAgain()
    {
        ReadResult read = ResourceReader.ReadText(World);
        ResourceSnapshot snapshot = ResourceSnapshot.Of(read.Resources);
        ResourceStatus first = Assert.Single(MeshCompiler.Compile(snapshot, CompileOptions.Default).Statuses);
        Resource gateway = snapshot.Find(first.Resource)!.Clone();
        gateway.Json["status"] = first.Status.DeepClone();
        Assert.Empty(MeshCompiler.Compile(snapshot.With(new Resource(gateway.Json), 1), CompileOptions.Default).Statuses);
    }

    private static JsonObject Status(string text, string kind)
    {
        ReadResult read = ResourceReader.ReadText(text);
        Assert.Empty(read.Problems);
        return Assert.Single(MeshCompiler.Compile(ResourceSnapshot.Of(read.Resources), CompileOptions.Default).Statuses, s => s.Resource.Kind == kind).Status;
    }

    private static string Reason(JsonObject of, string type) => Condition(of, type)["reason"]!.ToString();

    private static JsonObject Condition(JsonObject of, string type) => of["conditions"]!.AsArray().Single(c => c!["type"]!.ToString() == type)!.AsObject();
}
