using System.Text.Json.Nodes;
using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>What routes refer to: parents, backends, grants, and what becomes of what is wrong.</summary>
internal static class HttpRouteReferenceRows
{
    private static readonly string[] Core = [Feature.Gateway, Feature.HttpRoute];
    private static readonly string[] Granted = [.. Core, Feature.ReferenceGrant];

    public static IEnumerable<GatewayTest> All =>
    [
        Invalid("HTTPRouteInvalidBackendRefUnknownKind", Core, "httproute-invalid-backendref-unknown-kind", "invalid-backend-ref-unknown-kind", "InvalidKind", Get("/v2").Status(500)),
        Invalid("HTTPRouteInvalidCrossNamespaceBackendRef", Granted, "httproute-invalid-cross-namespace-backend-ref", "invalid-cross-namespace-backend-ref", "RefNotPermitted", Get("/").Status(500)),
        Invalid("HTTPRouteInvalidNonExistentBackendRef", Core, "httproute-invalid-nonexistent-backendref", "invalid-nonexistent-backend-ref", "BackendNotFound", Get("/").Status(500)),
        Invalid("HTTPRouteInvalidReferenceGrant", Granted, "httproute-invalid-reference-grant", "reference-grant", "RefNotPermitted", Get("/").Status(500)),
        Invalid("HTTPRoutePartiallyInvalidViaInvalidReferenceGrant", Granted, "httproute-partially-invalid-via-invalid-reference-grant", "invalid-reference-grant", "RefNotPermitted",
            Get("/v2").Status(500), Get("/").To("app-backend-v1", App)),
        new("HTTPRouteReferenceGrant", Granted, ["tests/httproute-reference-grant.yaml"], static async run =>
        {
            System.Net.IPAddress address = await run.AttachedAsync("same-namespace", "reference-grant");
            await run.ExpectAsync(address, Get("/").To("web-backend", Web));
            await run.DeleteAsync("ReferenceGrant", $"{Web}/reference-grant");
            await run.ExpectAsync(address, Get("/").Status(500));
        }),
        new("HTTPRouteNoBackendRefs", Core, ["tests/httproute-omitted-backendrefs.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "omitted-backendrefs"),
                Get("/forward").To(V1), Get("/omitted-no-forward").Status(500), Get("/empty-no-forward").Status(500))),
        Unattached("HTTPRouteInvalidCrossNamespaceParentRef", Core, "httproute-invalid-cross-namespace-parent-ref", $"{Web}/invalid-cross-namespace-parent-ref", "same-namespace", "NotAllowedByListeners"),
        Unattached("HTTPRouteInvalidParentRefNotMatchingSectionName", Core, "httproute-invalid-parentref-not-matching-section-name",
            "httproute-listener-not-matching-section-name", "same-namespace", "NoMatchingParent"),
        Unattached("HTTPRouteInvalidParentRefNotMatchingListenerPort", [.. Core, "HTTPRouteDestinationPortMatching"], "httproute-invalid-parentref-not-matching-listener-port",
            "httproute-listener-not-matching-route-port", "same-namespace", "NoMatchingParent"),
        Unattached("HTTPRouteInvalidParentRefSectionNameNotMatchingPort", [.. Core, "HTTPRouteParentRefPort"], "httproute-invalid-parentref-section-name-not-matching-port",
            "httproute-listener-section-name-not-matching-port", "gateway-with-one-not-matching-port-and-section-name-route", "NoMatchingParent"),
        Unattached("HTTPRouteDisallowedKind", [.. Core, Feature.TlsRoute], "httproute-disallowed-kind", "disallowed-kind", "tlsroutes-only", "NotAllowedByListeners"),
        new("HTTPRouteObservedGenerationBump", Core, ["tests/httproute-observed-generation-bump.yaml"], static async run =>
        {
            await run.LatestAsync("HTTPRoute", "observed-generation-bump");
            await run.ChangeAsync("HTTPRoute", "observed-generation-bump", spec => spec["rules"]![0]!["backendRefs"]![0]!["name"] = V2);
            await run.RouteAsync("HTTPRoute", "observed-generation-bump", "same-namespace", SuiteRun.Accepted, SuiteRun.Resolved);
            await run.LatestAsync("HTTPRoute", "observed-generation-bump");
        }),
        new("HTTPRouteServiceTypes", Core, ["tests/httproute-service-types.yaml"], ServiceTypesAsync),
    ];

    private static GatewayTest Invalid(string name, string[] features, string manifest, string route, string reason, params Row[] rows) =>
        new(name, features, [$"tests/{manifest}.yaml"], async run =>
        {
            System.Net.IPAddress address = await run.AcceptedAsync("same-namespace", "HTTPRoute", route);
            await run.RouteAsync("HTTPRoute", route, "same-namespace", new Cond("ResolvedRefs", false, reason));
            await run.ExpectAsync(address, rows);
        });

    private static GatewayTest Unattached(string name, string[] features, string manifest, string route, string gateway, string reason) =>
        new(name, features, [$"tests/{manifest}.yaml"], async run =>
        {
            await run.RouteAsync("HTTPRoute", route, gateway, new Cond("Accepted", false, reason));
            await run.NoAcceptedParentAsync("HTTPRoute", route);
            await run.ZeroRoutesAsync(gateway);
        });

    /// <summary>Slices are written by hand for two of the services, with the addresses of the pods of infra-backend-v1.</summary>
    private static async Task ServiceTypesAsync(SuiteRun run)
    {
        System.Net.IPAddress address = await run.AttachedAsync("same-namespace", "service-types");
        JsonNode? pods = await run.Mesh.Client.GetAsync($"/api/v1/namespaces/{Infra}/pods?labelSelector=app%3D{V1}", CancellationToken.None);
        foreach (string service in (string[])["manual-endpointslices", "headless-manual-endpointslices"])
        {
            string path = $"/apis/discovery.k8s.io/v1/namespaces/{Infra}/endpointslices/{service}-ip4";
            JsonNode slice = await run.Mesh.Client.GetAsync(path, CancellationToken.None) ?? throw new HttpRequestException($"{path} is not there");
            slice["endpoints"] = new JsonArray([.. (pods?["items"] as JsonArray ?? []).Select(p => (JsonNode)new JsonObject
            {
                ["addresses"] = new JsonArray(p!["status"]!["podIP"]!.DeepClone()),
                ["conditions"] = new JsonObject { ["ready"] = true, ["serving"] = true, ["terminating"] = false },
                ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["name"] = p["metadata"]!["name"]!.DeepClone(), ["namespace"] = Infra },
            })]);
            await run.Mesh.Client.PutAsync(path, slice, CancellationToken.None);
        }

        await run.ExpectAsync(address, Get("/manual-endpointslices").To(V1), Get("/headless-manual-endpointslices").To(V1), Get("/headless").To(V1));
    }
}
