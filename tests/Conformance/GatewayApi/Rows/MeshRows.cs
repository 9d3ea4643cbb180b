using System.Net;
using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Routes whose parent is a Service: what applications of the mesh see.</summary>
internal static class MeshRows
{
    private const string V1 = "echo-v1";
    private const string V2 = "echo-v2";

    private static readonly string[] Core = [Feature.Mesh, Feature.HttpRoute];
    private static readonly (string, string)[] EditedSent = [("X-Header-Remove", "remove-val"), ("X-Header-Add-Append", "append-val-1"), ("X-Header-Set", "set-val")];
    private static readonly (string, string)[] EditedSeen =
        [("X-Header-Add", "header-val-1"), ("X-Header-Add-Append", "append-val-1,header-val-2"), ("X-Header-Set", "set-overwrites-values")];

    public static IEnumerable<GatewayTest> All =>
    [
        new("MeshBasic", [Feature.Mesh], [], static run => From(run, Get("/"))),
        Table("MeshTrafficSplit", null, "mesh-split", Get("/v1").To(V1, Names.Mesh), Get("/v2").To(V2, Names.Mesh)),
        Table("MeshHTTPRouteSimpleSameNamespace", null, "httproute-simple-same-namespace", Get("/").To(V1, Names.Mesh)),
        Table("MeshHTTPRouteMatching", null, "httproute-matching",
            Get("/").To(V1), Get("/example").To(V1), Get("/").With(("Version", "one")).To(V1), Get("/v2").To(V2), Get("/v2/example").To(V2),
            Get("/").With(("Version", "two")).To(V2), Get("/v2/").To(V2), Get("/v2example").To(V1), Get("/foo/v2/example").To(V1)),
        Table("MeshHTTPRouteRedirectHostAndStatus", null, "httproute-redirect-host-and-status",
            Get("/hostname-redirect").RedirectsTo(302, host: "example.org"), Get("/host-and-status").RedirectsTo(301, host: "example.org")),
        Table("MeshHTTPRouteRequestHeaderModifier", null, "httproute-request-header-modifier", [.. HttpRouteFilterRows.RequestHeaders.Select(r => r.To(V1))]),
        new("MeshHTTPRouteWeight", Core, ["tests/mesh/httproute-weight.yaml"], static async run =>
        {
            await From(run, Get("/"));
            IPEndPoint outbound = run.Mesh.Pods.OutboundOf(Names.Mesh, V1)!; // the request before came through it
            await Shares.HoldAsync(async ct => (await Probe.SendThroughAsync(outbound, Get("echo", "/"), ct)).Pod, (V1, 0.7), (V2, 0.3));
        }),
        Table("MeshHTTPRouteBackendRequestHeaderModifier", "MeshHTTPRouteBackendRequestHeaderModification", "httproute-request-header-modifier-backend",
            [.. HttpRouteFilterRows.RequestHeaders.Select(r => r.To(V1))]),
        Table("MeshHTTPRouteQueryParamMatching", "MeshHTTPRouteQueryParamMatching", "httproute-query-param-matching",
            Get("/?animal=whale").To(V1), Get("/?animal=dolphin").To(V2), Get("/?animal=whale&otherparam=irrelevant").To(V1), Get("/?animal=dolphin&color=yellow").To(V2),
            Get("/?color=blue").Status(404), Get("/?animal=dog").Status(404), Get("/?animal=whaledolphin").Status(404), Get("/").Status(404),
            Get("/path1?animal=whale").To(V1), Get("/?animal=whale").With(("version", "one")).To(V2), Get("/path3?animal=shark").To(V1),
            Get("/path4?animal=kraken").With(("version", "three")).To(V1), Get("/?animal=shark").Status(404), Get("/path4?animal=kraken").Status(404), Get("/path5?animal=hydra").To(V1)),
        Table("MeshHTTPRouteRedirectPath", "MeshHTTPRouteRedirectPath", "httproute-redirect-path",
            Get("/original-prefix/lemon").RedirectsTo(302, path: "/replacement-prefix/lemon"), Get("/full/path/original").RedirectsTo(302, path: "/full-path-replacement"),
            Get("/path-and-host").RedirectsTo(302, host: "example.org", path: "/replacement-prefix"), Get("/path-and-status").RedirectsTo(301, path: "/replacement-prefix"),
            Get("/full-path-and-host").RedirectsTo(302, host: "example.org", path: "/replacement-full"), Get("/full-path-and-status").RedirectsTo(301, path: "/replacement-full")),
        Table("MeshHTTPRouteRedirectPort", "MeshHTTPRouteRedirectPort", "httproute-redirect-port",
            Get("/port").RedirectsTo(302, port: "8083"), Get("/port-and-host").RedirectsTo(302, host: "example.org", port: "8083"),
            Get("/port-and-status").RedirectsTo(301, port: "8083"), Get("/port-and-host-and-status").RedirectsTo(302, host: "example.org", port: "8083")),
        Table("MeshHTTPRouteSchemeRedirect", "MeshHTTPRouteSchemeRedirect", "httproute-redirect-scheme",
            Get("/scheme").RedirectsTo(302, scheme: "https"), Get("/scheme-and-host").RedirectsTo(302, scheme: "https", host: "example.org"),
            Get("/scheme-and-status").RedirectsTo(301, scheme: "https"), Get("/scheme-and-host-and-status").RedirectsTo(302, scheme: "https", host: "example.org")),
        Table("MeshHTTPRouteRewritePath", "MeshHTTPRouteRewritePath", "httproute-rewrite-path",
            Get("/prefix/one/two").Sees("/one/two").To(V1), Get("/strip-prefix/three").Sees("/three").To(V1), Get("/strip-prefix").Sees("/").To(V1), Get("/full/one/two").Sees("/one").To(V1),
            Get("/full/rewrite-path-and-modify-headers/test").With(EditedSent).Sees("/test").SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V1),
            Get("/prefix/rewrite-path-and-modify-headers/one").With(EditedSent).Sees("/prefix/one").SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V1)),
        Table("MeshHTTPRouteNamedRule", "MeshHTTPRouteNamedRouteRule", "httproute-named-rule", Get("/named").To(V1), Get("/unnamed").To(V2)) with { Provisional = true },
        Table("MeshHTTPRoute303Redirect", "HTTPRoute303RedirectStatusCode", "httproute-303-redirect", Get("/redirect").RedirectsTo(303, path: "/redirect")) with { Provisional = true },
        Table("MeshHTTPRoute307Redirect", "HTTPRoute307RedirectStatusCode", "httproute-307-redirect", Get("/temporary").RedirectsTo(307, path: "/temporary")) with { Provisional = true },
        Table("MeshHTTPRoute308Redirect", "HTTPRoute308RedirectStatusCode", "httproute-308-redirect", Get("/permanent").RedirectsTo(308, path: "/permanent")) with { Provisional = true },
        new("MeshConsumerRoute", [.. Core, "MeshConsumerRoute", "HTTPRouteResponseHeaderModification"], ["tests/mesh/mesh-consumer-route.yaml"], static async run =>
        {
            Row row = Get("echo-v1.gateway-conformance-mesh", "/").To(V1, "");
            await run.FromAsync(Names.MeshConsumer, V1, row.Answers(("X-Header-Set", "set")));
            await run.FromAsync(Names.Mesh, V1, row.AnswersNot("X-Header-Set"));
        }),
        Table("MeshPorts", "HTTPRouteResponseHeaderModification", "mesh-ports",
            Get(V1, "/").Answers(("X-Header-Set", "v1")).To(V1, ""), Get("echo-v1:8080", "/").AnswersNot("X-Header-Set").To(V1, ""),
            Get(V2, "/").Answers(("X-Header-Set", "v2")).To(V2, ""), Get("echo-v2:8080", "/").Answers(("X-Header-Set", "v2")).To(V2, "")),
        new("MeshGRPCRouteWeight", [Feature.Mesh, Feature.GrpcRoute], ["tests/mesh/grpcroute-weight.yaml"], static async run =>
        {
            var row = new GrpcRow("Echo", "echo-v") { Authority = "echo:7070" };
            await Convergence.HoldsAsync(row.ToString(), async ct =>
                run.Mesh.Pods.OutboundOf(Names.Mesh, V1) is { } started ? (await GrpcProbe.CallAsync(started, row, ct)).Differs(row) : "the pod has not started");
            IPEndPoint outbound = run.Mesh.Pods.OutboundOf(Names.Mesh, V1)!; // the call before came through it
            await Shares.HoldAsync(async ct => (await GrpcProbe.CallAsync(outbound, row, ct)).Pod, (V1, 0.7), (V2, 0.3));
        }),
    ];

    private static Task From(SuiteRun run, params Row[] rows) => run.FromAsync(Names.Mesh, V1, rows);

    private static GatewayTest Table(string name, string? feature, string manifest, params Row[] rows) =>
        new(name, feature is null ? Core : [.. Core, feature], [$"tests/mesh/{manifest}.yaml"], run => From(run, [.. rows.Select(r => r with { Namespace = "" })]));
}
