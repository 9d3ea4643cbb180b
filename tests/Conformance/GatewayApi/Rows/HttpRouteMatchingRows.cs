using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Which rule a request takes: paths, headers, hosts, methods, queries, and the order among them.</summary>
internal static class HttpRouteMatchingRows
{
    private static readonly string[] Core = [Feature.Gateway, Feature.HttpRoute];

    public static IEnumerable<GatewayTest> All =>
    [
        Simple("HTTPRouteSimpleSameNamespace", "httproute-simple-same-namespace", "gateway-conformance-infra-test", Get("/").To(V1)),
        Simple("HTTPRouteExactPathMatching", "httproute-exact-path-matching", "exact-matching",
            Get("/one").To(V1), Get("/two").To(V2), Get("/").Status(404), Get("/one/example").Status(404), Get("/two/").Status(404), Get("/Two").Status(404)),
        Simple("HTTPRouteHeaderMatching", "httproute-header-matching", "header-matching",
            Get("/").With(("Version", "one")).To(V1), Get("/").With(("Version", "two")).To(V2),
            Get("/").With(("Version", "two"), ("Color", "orange")).To(V1), Get("/").With(("Version", "two"), ("Color", "blue")).To(V2),
            Get("/").With(("Color", "orange")).Status(404), Get("/").With(("Some-Other-Header", "one")).Status(404),
            Get("/").With(("Color", "blue")).To(V1), Get("/").With(("Color", "green")).To(V1), Get("/").With(("Color", "red")).To(V2),
            Get("/").With(("Color", "yellow")).To(V2), Get("/").With(("Color", "purple")).Status(404)),
        Simple("HTTPRouteMatching", "httproute-matching", "matching",
            Get("/").To(V1), Get("/example").To(V1), Get("/").With(("Version", "one")).To(V1), Get("/v2").To(V2), Get("/v2/example").To(V2),
            Get("/").With(("Version", "two")).To(V2), Get("/v2/").To(V2), Get("/v2example").To(V1), Get("/foo/v2/example").To(V1)),
        Simple("HTTPRoutePathMatchOrder", "httproute-path-match-order", "path-matching-order",
            Get("/match/exact/one").To(V3), Get("/match/exact").To(V2), Get("/match").To(V1),
            Get("/match/prefix/one/any").To(V2), Get("/match/prefix/any").To(V1), Get("/match/any").To(V3)),
        new("HTTPRouteMatchingAcrossRoutes", Core, ["tests/httproute-matching-across-routes.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "matching-part1", "matching-part2"),
                Get("example.com", "/").To(V1), Get("example.com", "/example").To(V1), Get("example.net", "/example").To(V1),
                Get("example.com", "/example").With(("Version", "one")).To(V1), Get("example.com", "/v2").To(V2), Get("example.net", "/v2").To(V1),
                Get("example.com", "/v2/example").To(V2), Get("example.com", "/").With(("Version", "two")).To(V2))),
        new("HTTPRouteCrossNamespace", Core, ["tests/httproute-cross-namespace.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("backend-namespaces", $"{Web}/cross-namespace"), Get("/").To("web-backend", Web))),
        new("HTTPRouteMultipleGateways", Core, ["tests/httproute-multiple-gateways.yaml"], MultipleGatewaysAsync),
        new("HTTPRouteListenerHostnameMatching", Core, ["tests/httproute-listener-hostname-matching.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("httproute-listener-hostname-matching", "backend-v1", "backend-v2", "backend-v3"),
                Get("bar.com", "/").To(V1), Get("foo.bar.com", "/").To(V2), Get("baz.bar.com", "/").To(V3), Get("boo.bar.com", "/").To(V3),
                Get("multiple.prefixes.bar.com", "/").To(V3), Get("multiple.prefixes.foo.com", "/").To(V3),
                Get("foo.com", "/").Status(404), Get("no.matching.host", "/").Status(404))),
        new("HTTPRouteHostnameIntersection", Core, ["tests/httproute-hostname-intersection.yaml"], HostnameIntersectionAsync),
        new("HTTPRouteMethodMatching", [.. Core, "HTTPRouteMethodMatching"], ["tests/httproute-method-matching.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "method-matching"),
                Of("POST", "/").To(V1), Get("/").To(V2), Of("HEAD", "/").Status(404),
                Get("/path1").To(V1), Of("PUT", "/").With(("version", "one")).To(V2), Of("POST", "/path2").With(("version", "two")).To(V3),
                Of("PATCH", "/path3").To(V1), Of("DELETE", "/path4").With(("version", "three")).To(V1),
                Of("PUT", "/").Status(404), Of("DELETE", "/path4").Status(404),
                Of("PATCH", "/path5").To(V1), Of("PATCH", "/").With(("version", "four")).To(V2))),
        new("HTTPRouteQueryParamMatching", [.. Core, "HTTPRouteQueryParamMatching"], ["tests/httproute-query-param-matching.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "query-param-matching"),
                Get("/?animal=whale").To(V1), Get("/?animal=dolphin").To(V2), Get("/?animal=dolphin&color=blue").To(V3), Get("/?ANIMAL=Whale").To(V3),
                Get("/?animal=whale&otherparam=irrelevant").To(V1), Get("/?animal=dolphin&color=yellow").To(V2),
                Get("/?color=blue").Status(404), Get("/?animal=dog").Status(404), Get("/?animal=whaledolphin").Status(404), Get("/").Status(404),
                Get("/path1?animal=whale").To(V1), Get("/?animal=whale").With(("version", "one")).To(V2), Get("/path2?animal=whale").With(("version", "two")).To(V3),
                Get("/path3?animal=shark").To(V1), Get("/path4?animal=kraken").With(("version", "three")).To(V1),
                Get("/?animal=shark").Status(404), Get("/path4?animal=kraken").Status(404),
                Get("/path5?animal=hydra").To(V1), Get("/?animal=hydra").With(("version", "four")).To(V3))),
        new("HTTPRouteNamedRule", [.. Core, "HTTPRouteNamedRouteRule"], ["tests/httproute-named-rule.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "http-named-rules"), Get("/named").To("", Infra), Get("/unnamed").To("", Infra)))
        {
            Provisional = true,
        },
        new("HTTPRouteListenerPortMatching", [.. Core, "HTTPRouteParentRefPort"], ["tests/httproute-listener-port-matching.yaml"], static async run =>
        {
            System.Net.IPAddress address = await run.AttachedAsync("httproute-listener-port-matching", "backend-v1", "backend-v2", "backend-v3");
            await run.ExpectAsync(address, Get("foo.com", "/").To(V1));
            await run.ExpectAsync(address, 8080, Get("foo.com:8080", "/").To(V2), Get("bar.com:8080", "/").To(V2));
            await run.ExpectAsync(address, 8090, Get("foo.com:8090", "/").To(V3), Get("bar.com:8090", "/").Status(404));
        }),
    ];

    private static GatewayTest Simple(string name, string manifest, string route, params Row[] rows) =>
        new(name, Core, [$"tests/{manifest}.yaml"], async run => await run.ExpectAsync(await run.AttachedAsync("same-namespace", route), rows));

    private static async Task MultipleGatewaysAsync(SuiteRun run)
    {
        System.Net.IPAddress same = await run.AcceptedAsync("same-namespace", "HTTPRoute", "multiple-gateways-shared-route", "same-namespace-dedicated-route");
        await run.ExpectAsync(same, Get("/shared").To(V1), Get("/").To(V2));
        System.Net.IPAddress all = await run.AcceptedAsync("all-namespaces", "HTTPRoute", "multiple-gateways-shared-route", "all-namespaces-dedicated-route");
        await run.ExpectAsync(all, Get("/shared").To(V1), Get("/").To(V3));
    }

    private static async Task HostnameIntersectionAsync(SuiteRun run)
    {
        System.Net.IPAddress address = await run.AttachedAsync("httproute-hostname-intersection", "specific-host-matches-listener-specific-host",
            "specific-host-matches-listener-wildcard-host", "wildcard-host-matches-listener-specific-host", "wildcard-host-matches-listener-wildcard-host");
        await run.ExpectAsync(address,
            Get("very.specific.com", "/s1").To(V1), Get("very.specific.com:1234", "/s1").To(V1), Get("non.matching.com", "/s1").Status(404),
            Get("foo.nonmatchingwildcard.io", "/s1").Status(404), Get("foo.wildcard.io", "/s1").Status(404), Get("very.specific.com", "/non-matching-prefix").Status(404));
        await run.ExpectAsync(address,
            Get("foo.wildcard.io", "/s2").To(V2), Get("bar.wildcard.io", "/s2").To(V2), Get("foo.bar.wildcard.io", "/s2").To(V2), Get("non.matching.com", "/s2").Status(404),
            Get("wildcard.io", "/s2").Status(404), Get("very.specific.com", "/s2").Status(404), Get("foo.wildcard.io", "/non-matching-prefix").Status(404));
        await run.ExpectAsync(address,
            Get("very.specific.com", "/s3").To(V3), Get("non.matching.com", "/s3").Status(404), Get("foo.specific.com", "/s3").Status(404),
            Get("foo.wildcard.io", "/s3").Status(404), Get("very.specific.com", "/non-matching-prefix").Status(404));
        await run.ExpectAsync(address,
            Get("foo.anotherwildcard.io", "/s4").To(V1), Get("bar.anotherwildcard.io", "/s4").To(V1), Get("foo.bar.anotherwildcard.io", "/s4").To(V1),
            Get("anotherwildcard.io", "/s4").Status(404), Get("foo.wildcard.io", "/s4").Status(404), Get("very.specific.com", "/s4").Status(404),
            Get("foo.anotherwildcard.io", "/non-matching-prefix").Status(404));
        await run.RouteAsync("HTTPRoute", "no-intersecting-hosts", "httproute-hostname-intersection", new Cond("Accepted", false, "NoMatchingListenerHostname"));
        await run.ExpectAsync(address, Get("specific.but.wrong.com", "/s5").Status(404), Get("wildcard.io", "/s5").Status(404));
        await run.ListenersAsync("httproute-hostname-intersection",
            new ListenerRow("listener-1", 2, [Feature.HttpRoute], SuiteRun.Accepted, SuiteRun.Resolved),
            new ListenerRow("listener-2", 1, [Feature.HttpRoute], SuiteRun.Accepted, SuiteRun.Resolved),
            new ListenerRow("listener-3", 1, [Feature.HttpRoute], SuiteRun.Accepted, SuiteRun.Resolved));
        System.Net.IPAddress all = await run.AttachedAsync("httproute-hostname-intersection-all", "httproute-hostname-intersection-all");
        await run.ExpectAsync(all,
            Get("first.com", "/").To(V2), Get("sub.first.com", "/").To(V2), Get("second.com", "/").To(V2), Get("sub.second.com", "/").To(V2),
            Get("third.com", "/").Status(404), Get("sub.third.com", "/").Status(404));
    }
}
