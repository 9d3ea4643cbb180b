using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Unit.Compile;

/// <summary>What gateways listen on for the Gateway API, beyond HTTP.</summary>
public sealed class GatewayListenerTests
{
    private const string World = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: gw}
        spec:
          gatewayClassName: weft
          allowedListeners: {namespaces: {from: Same}}
          listeners:
          - {name: pass, port: 443, protocol: TLS, hostname: "*.example", tls: {mode: Passthrough}}
          - {name: raw, port: 9000, protocol: TCP}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: ListenerSet
        metadata: {name: more}
        spec: {parentRef: {name: gw}, listeners: [{name: web, port: 80, protocol: HTTP}, {name: lost, port: 9000, protocol: TCP}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: a}
        spec: {ports: [{name: tls, port: 443}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: b}
        spec: {ports: [{name: tls, port: 443}]}
        ---

        """;

    private static readonly ClientScope Gateway = new("weft-ingress", new Dictionary<string, string> { ["weft.dev/gateway"] = "ingress" }, isGateway: true);

    [Fact]
    public void ListenerSet_BesideItsGateway_AddsWhatDoesNotConflict()
    {
        CompiledMesh mesh = Compile("");
        Assert.Equal(["default.more.web 80 Http1", "pass 443 Tls", "raw 9000 Tcp"], mesh.GatewayListeners(Gateway).Select(l => $"{l.Name} {l.Port} {l.Protocol}"));
    }

    /// <summary>Who serves a Gateway that has a workload of its own.</summary>
    [Theory]
    [InlineData("weft-ingress", "weft.dev/gateway", "ingress", false)]
    [InlineData("weft-ingress", "weft.dev/gateway", "all", true)]
    [InlineData("default", "gateway.networking.k8s.io/gateway-name", "gw", true)]
    [InlineData("weft-ingress", "gateway.networking.k8s.io/gateway-name", "gw", false)]
    public void Gateway_WithAWorkloadOfItsOwn_IsServedByThatAndByTheFrontDoor(string ns, string label, string value, bool serves)
    {
        CompiledMesh mesh = Compile("{apiVersion: v1, kind: Pod, metadata: {name: gw-weft, labels: {gateway.networking.k8s.io/gateway-name: gw}}, spec: {containers: []}}");
        Assert.Equal(serves, mesh.GatewayListeners(new ClientScope(ns, new Dictionary<string, string> { [label] = value }, isGateway: true)).Any());
    }

    [Fact]
    public void TlsRoutes_OfOneListener_AreOrderedByTheirNames()
    {
        CompiledMesh mesh = Compile(Route("TLSRoute", "wide", "hostnames: ['*.example'],", "a") + Route("TLSRoute", "narrow", "hostnames: [x.example],", "b"));
        TcpRouteSet set = mesh.TcpRouteSet("gateway/default/gw:443:pass/tcp", Gateway)!;
        Assert.Equal(["x.example b.default.svc.cluster.local:443", "*.example a.default.svc.cluster.local:443"], set.Routes.Select(r => $"{r.SniHosts.Single()} {r.Clusters.Single().Cluster}"));
    }

    [Fact]
    public void TcpRoutes_OfOneListener_OnlyTheOldestServes()
    {
        CompiledMesh mesh = Compile(Route("TCPRoute", "young", "", "a", "2026-02-01") + Route("TCPRoute", "old", "", "b", "2026-01-01"));
        TcpRoute route = Assert.Single(mesh.TcpRouteSet("gateway/default/gw:9000:raw/tcp", Gateway)!.Routes);
        Assert.Equal("b.default.svc.cluster.local:443", route.Clusters.Single().Cluster);
    }

    [Fact]
    public void BackendTlsPolicy_OfAService_HoldsForGatewaysOnly()
    {
        CompiledMesh mesh = Compile("""
            apiVersion: gateway.networking.k8s.io/v1
            kind: BackendTLSPolicy
            metadata: {name: p}
            spec: {targetRefs: [{group: '', kind: Service, name: a}], validation: {hostname: a.example, wellKnownCACertificates: System}}
            """);
        UpstreamTls tls = mesh.Cluster("a.default.svc.cluster.local:443", Gateway)!.Tls;
        Assert.Equal((UpstreamTls.Types.Mode.Simple, "a.example"), (tls.Mode, tls.Sni));
        Assert.Equal(UpstreamTls.Types.Mode.Auto, mesh.Cluster("a.default.svc.cluster.local:443", new ClientScope("default"))!.Tls.Mode);
    }

    [Fact]
    public void BackendTrafficPolicy_OfAService_IsItsRetryBudget()
    {
        CompiledMesh mesh = Compile("""
            apiVersion: gateway.networking.x-k8s.io/v1alpha1
            kind: XBackendTrafficPolicy
            metadata: {name: p}
            spec: {targetRefs: [{group: '', kind: Service, name: a}], retryConstraint: {budget: {percent: 5, interval: 20s}, minRetryRate: {count: 6, interval: 2s}}}
            """);
        RetryBudget budget = mesh.Cluster("a.default.svc.cluster.local:443", new ClientScope("default"))!.RetryBudget;
        Assert.Equal((5, 20, 3u), (budget.Percent, budget.Window.Seconds, budget.MinPerSecond));
        Assert.Equal("Service", mesh.Statuses.Single(s => s.Resource.Kind == "XBackendTrafficPolicy").Status["ancestors"]![0]!["ancestorRef"]!["kind"]!.ToString());
    }

    [Theory]
    [InlineData("HTTPRoute", AppProtocol.Http1)]
    [InlineData("GRPCRoute", AppProtocol.Grpc)]
    public void Cluster_OfAPortThatDeclaresNothing_IsSpokenToAsItsRouteSays(string kind, AppProtocol spoken)
    {
        CompiledMesh mesh = Compile("apiVersion: v1\nkind: Service\nmetadata: {name: c}\nspec: {ports: [{port: 8080}]}\n---\n"
            + $"apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: r}}\n"
            + "spec: {parentRefs: [{kind: ListenerSet, name: more}], rules: [{backendRefs: [{name: c, port: 8080}]}]}\n");
        Assert.Equal(spoken, mesh.Cluster("c.default.svc.cluster.local:8080", Gateway)!.Protocol);
        Assert.Equal(AppProtocol.Detect, mesh.Cluster("c.default.svc.cluster.local:8080", new ClientScope("default"))!.Protocol);
    }

    [Fact]
    public void TcpRoute_WithAServiceForAParent_TakesItsConnections()
    {
        CompiledMesh mesh = Compile("""
            apiVersion: gateway.networking.k8s.io/v1
            kind: TCPRoute
            metadata: {name: r}
            spec: {parentRefs: [{group: '', kind: Service, name: a}], rules: [{backendRefs: [{name: b, port: 443}]}]}
            """);
        TcpRoute route = Assert.Single(mesh.TcpRouteSet("a.default.svc.cluster.local:443/tcp", new ClientScope("default"))!.Routes);
        Assert.Equal("b.default.svc.cluster.local:443", route.Clusters.Single().Cluster);
    }

    private static string Route(string kind, string name, string more, string backend, string created = "2026-01-01") =>
        $"apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}, creationTimestamp: '{created}T00:00:00Z'}}\n"
        + $"spec: {{{more} parentRefs: [{{name: gw}}], rules: [{{backendRefs: [{{name: {backend}, port: 443}}]}}]}}\n---\n";

    private static CompiledMesh Compile(string more)
    {
        ReadResult read = ResourceReader.ReadText(World + more);
        Assert.Empty(read.Problems);
        return MeshCompiler.Compile(ResourceSnapshot.Of(read.Resources), CompileOptions.Default);
    }
}
