using System.Net;
using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;
using static Weft.Conformance.GatewayApi.Kit.SuiteRun;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Listeners that are written outside of their Gateway: who may, what conflicts, which routes they take.</summary>
internal static class ListenerSetRows
{
    private static readonly string[] Sets = [Feature.Gateway, Feature.ListenerSet];
    private static readonly string[] Http = [Feature.HttpRoute];
    private static readonly Cond Programmed = new("Programmed", true);
    private static readonly Cond[] Good = [Resolved, Accepted, Programmed];

    public static IEnumerable<GatewayTest> All =>
    [
        NotAllowed("ListenerSetAllowedNamespaceNone", "listenerset-allowed-namespace-none", "gateway-does-not-allow-listenerset", "listenerset-not-allowed"),
        NotAllowed("ListenerSetDefaultNotAllowed", "listenerset-default-not-allowed", "gateway-default-does-not-allow-listenerset", "listenerset-default-not-allowed"),
        Allowed("ListenerSetAllowedNamespaceSame", "listenerset-allowed-namespace-same", "gateway-allows-listenerset-in-same-namespace",
            "listenerset-in-same-namespace", "gateway-api-listenerset-not-allowed-ns/listenerset-in-different-namespace"),
        Allowed("ListenerSetAllowedNamespaceSelector", "listenerset-allowed-namespace-selector", "gateway-allows-listenerset-in-selected-namespace",
            "gateway-api-listenerset-selector-allowed-ns/listenerset-in-selected-namespace", "gateway-api-listenerset-selector-not-allowed-ns/listenerset-not-in-selected-namespace"),
        new("ListenerSetAllowedRoutesNamespaces", [.. Sets, Feature.HttpRoute, Feature.ReferenceGrant], ["tests/listenerset-allowed-routes-namespaces.yaml"], RouteNamespacesAsync),
        new("ListenerSetAllowedRoutesSupportedKinds", [.. Sets, Feature.TlsRoute], ["tests/listenerset-allowed-routes-supported-kinds.yaml"], static async run =>
        {
            await run.ConditionsAsync("Gateway", "gateway-with-listener-sets-test-supported-route-kinds", Accepted);
            await run.ListenerAsync("ListenerSet", "listenerset-test-allowed-routes-supported-kinds", "listener-set-listener-allowed-routes-tls-only", new Cond("ResolvedRefs", false, "InvalidRouteKinds"));
        }),
        new("ListenerSetDualParentRefIndependence", [.. Sets, Feature.HttpRoute], ["tests/listenerset-dual-parentref-independence.yaml"], DualParentAsync),
        new("ListenerSetGatewayParentSectionNameNotFound", [.. Sets, Feature.HttpRoute], ["tests/listenerset-gateway-parent-section-name-not-found.yaml"], static async run =>
        {
            IPAddress address = await run.AddressAsync("gateway-section-name");
            await run.AttachedSetsAsync("gateway-section-name", 1);
            await run.RouteAsync("HTTPRoute", "route-via-listenerset", "listenerset-section-name", Accepted);
            await run.RouteAsync("HTTPRoute", "route-via-gateway", "gateway-section-name", new Cond("Accepted", false, "NoMatchingParent"));
            await run.ExpectAsync(address, Get("ls-section-name.com", "/goodsection").To(V1), Get("gw-section.com", "/badsection").Status(404));
        }),
        Conflict("ListenerSetHostnameConflict", "hostname", "HostnameConflict"),
        Conflict("ListenerSetProtocolConflict", "protocol", "ProtocolConflict"),
        new("ListenerSetHTTPRouting", [.. Sets, Feature.HttpRoute], ["tests/listenerset-http-routing.yaml"], HttpRoutingAsync),
        new("ListenerSetReferenceGrant", [.. Sets, Feature.ReferenceGrant], ["tests/listenerset-reference-grant.yaml"], static async run =>
        {
            await run.ConditionsAsync("Gateway", "gateway-with-listener-sets-test-reference-grant", Accepted);
            await run.ConditionsAsync("ListenerSet", "listenerset-with-reference-grant", Accepted, Programmed);
            await run.ListenerAsync("ListenerSet", "listenerset-with-reference-grant", "listenerset-with-reference-grant-listener", Resolved);
            const string Without = "gateway-api-listener-sets-test-reference-grant-ns/listenerset-without-reference-grant";
            await run.ConditionsAsync("ListenerSet", Without, new Cond("Accepted", false, "ListenersNotValid"), new Cond("Programmed", false, "ListenersNotValid"));
            await run.ListenerAsync("ListenerSet", Without, "listenerset-without-reference-grant-listener", new Cond("ResolvedRefs", false, "RefNotPermitted"));
        }),
        new("ListenerSetRouteStatusScopedToParentRef", [.. Sets, Feature.HttpRoute], ["tests/listenerset-route-status-scoped-to-parentref.yaml"], static async run =>
        {
            await run.AttachedSetsAsync("gateway-parentref", 1);
            await run.ListenersAsync("ListenerSet", "listenerset-parentref", [new ListenerRow("listenerset-parentref-listener", 1, Http, Good)]);
            await run.RouteAsync("HTTPRoute", "route-parentref-gwonly", "gateway-parentref", Accepted);
            await run.RouteAsync("HTTPRoute", "route-parentref-lsonly", "listenerset-parentref", Accepted);
        }),
    ];

    private static GatewayTest NotAllowed(string name, string manifest, string gateway, string set) => new(name, Sets, [$"tests/{manifest}.yaml"], async run =>
    {
        await run.AttachedSetsAsync(gateway, 0);
        await run.ConditionsAsync("ListenerSet", set, new Cond("Accepted", false, "NotAllowed"), new Cond("Programmed", false, "NotAllowed"));
    });

    private static GatewayTest Allowed(string name, string manifest, string gateway, string good, string bad) => new(name, Sets, [$"tests/{manifest}.yaml"], async run =>
    {
        await run.AttachedSetsAsync(gateway, 1);
        await run.ConditionsAsync("ListenerSet", good, new Cond("Accepted", true, "Accepted"), new Cond("Programmed", true, "Programmed"));
        await run.ListenerAsync("ListenerSet", good, $"{good[(good.IndexOf('/') + 1)..]}-listener", Good);
        await run.ConditionsAsync("ListenerSet", bad, new Cond("Accepted", false, "NotAllowed"), new Cond("Programmed", false, "NotAllowed"));
    });

    /// <summary>The Gateway's listener comes first, then those of the older set; a set with another good listener stays.</summary>
    private static GatewayTest Conflict(string name, string what, string reason) => new(name, Sets, [$"tests/listenerset-{what}-conflict.yaml"], async run =>
    {
        string gateway = $"gateway-with-listenerset-{what}-conflict";
        Cond[] lost = [new("Accepted", false, reason), new("Programmed", false, reason), new("Conflicted", true, reason)];
        string set = $"listenerset-with-{what}-conflict-with";
        await run.ListenerAsync("Gateway", gateway, "gateway-listener", Good);
        await run.ListenerAsync("Gateway", gateway, $"{what}-conflict-with-gateway-listener", Good);
        await run.AttachedSetsAsync(gateway, 2);
        foreach ((string rival, int number) in ((string, int)[])[("gateway", 1), ("listener-set", 2)])
        {
            await run.ConditionsAsync("ListenerSet", $"{set}-{rival}-1", Accepted, new Cond("Programmed", true, "Programmed"));
            await run.ListenerAsync("ListenerSet", $"{set}-{rival}-1", $"listener-set-{number}-listener", Good);
            await run.ListenerAsync("ListenerSet", $"{set}-{rival}-1", $"{what}-conflict-with-{rival}-listener", lost);
            await run.ConditionsAsync("ListenerSet", $"{set}-{rival}-2", new Cond("Accepted", false, "ListenersNotValid"), new Cond("Programmed", false, "ListenersNotValid"));
            await run.ListenerAsync("ListenerSet", $"{set}-{rival}-2", $"{what}-conflict-with-{rival}-listener", lost);
        }

        await run.ListenerAsync("ListenerSet", $"{set}-gateway-1", $"{what}-conflict-with-listener-set-listener", Good);
    });

    private static async Task RouteNamespacesAsync(SuiteRun run)
    {
        const string Gateway = "gateway-with-listener-sets-test-allowed-routes", Set = "listenerset-test-allowed-routes-namespaces";
        const string All = "listener-set-listener-allowed-routes-all", Same = "listener-set-listener-allowed-routes-same", Selector = "listener-set-listener-allowed-routes-selector";
        const string Own = "/route-in-same-namespace", Selected = "/route-in-selected-namespace", Other = "/route-not-in-selected-namespace";
        IPAddress address = await run.AddressAsync(Gateway);
        await run.AttachedSetsAsync(Gateway, 2);
        foreach (string route in (string[])["route-in-same-namespace", "gateway-api-routes-allowed-ns/route-in-selected-namespace", "gateway-api-routes-not-allowed-ns/route-not-in-selected-namespace"])
        {
            await run.RouteAsync("HTTPRoute", route, Set, Accepted);
        }

        await run.ListenersAsync("ListenerSet", Set, [new ListenerRow(All, 3, Http, Good), new ListenerRow(Same, 1, Http, Good), new ListenerRow(Selector, 1, Http, Good)]);
        await run.ExpectAsync(address,
            Get(All + ".com", Own).To(V1), Get(All + ".com", Selected).To(V2), Get(All + ".com", Other).To(V3),
            Get(Same + ".com", Own).To(V1), Get(Same + ".com", Selected).Status(404), Get(Same + ".com", Other).Status(404),
            Get(Selector + ".com", Own).Status(404), Get(Selector + ".com", Selected).To(V2), Get(Selector + ".com", Other).Status(404));
        const string Far = "gateway-api-ls-cross-ns/listenerset-test-allowed-routes-cross-ns", FarListener = "listener-set-listener-allowed-routes-cross-ns-same";
        await run.RouteAsync("HTTPRoute", "gateway-api-ls-cross-ns/route-in-listenerset-namespace", Far, Accepted);
        await run.RouteAsync("HTTPRoute", "route-in-gateway-namespace", Far, new Cond("Accepted", false, "NotAllowedByListeners"));
        await run.ListenersAsync("ListenerSet", Far, [new ListenerRow(FarListener, 1, Http, Good)]);
        await run.ExpectAsync(address, Get(FarListener + ".com", "/route-in-listenerset-namespace").To(V1), Get(FarListener + ".com", "/route-in-gateway-namespace").Status(404));
    }

    private static async Task DualParentAsync(SuiteRun run)
    {
        IPAddress address = await run.AddressAsync("gateway-dual-parentref");
        await run.AttachedSetsAsync("gateway-dual-parentref", 1);
        await run.ListenersAsync("ListenerSet", "ls-dual-parentref", [new ListenerRow("ls-dual-parentref-listener", 2, Http, Good)]);
        await run.RouteAsync("HTTPRoute", "route-dual-parentref-both", "gateway-dual-parentref", Accepted);
        await run.RouteAsync("HTTPRoute", "route-dual-parentref-both", "ls-dual-parentref", Accepted);
        await run.ExpectAsync(address, Get("gw-dual.com", "/dualboth").To(V1), Get("ls-dual.com", "/dualboth").To(V1));
        await run.RouteAsync("HTTPRoute", "route-dual-parentref-one", "gateway-dual-parentref", new Cond("Accepted", false, "NoMatchingParent"));
        await run.RouteAsync("HTTPRoute", "route-dual-parentref-one", "ls-dual-parentref", Accepted);
        await run.ExpectAsync(address, Get("ls-dual.com", "/dualone").To(V2), Get("gw-dual.com", "/dualone").Status(404));
    }

    private static async Task HttpRoutingAsync(SuiteRun run)
    {
        const string Name = "listener-set-http-routing-";
        string[] hosts = ["gateway-listener-1", "gateway-listener-2", $"{Name}1-listener-1", $"{Name}1-listener-2", $"{Name}2-listener-1", $"{Name}2-listener-2"];
        IPAddress address = await run.AttachedAsync("gateway-with-listener-sets-http-routing", "attaches-to-all-listeners", "gateway-route", "gateway-section-route");
        await run.AttachedSetsAsync("gateway-with-listener-sets-http-routing", 2);
        await run.ListenersAsync("ListenerSet", Name + "1", [new ListenerRow($"{Name}1-listener-1", 3, Http, Good), new ListenerRow($"{Name}1-listener-2", 2, Http, Good)]);
        await run.ListenersAsync("ListenerSet", Name + "2", [new ListenerRow($"{Name}2-listener-1", 2, Http, Good), new ListenerRow($"{Name}2-listener-2", 2, Http, Good)]);
        foreach ((string path, string backend, int[] served) in ((string, string, int[])[])
            [
                ("/route", V1, [0, 1, 2, 3, 4, 5]), ("/gateway-route", V2, [0, 1]), ("/gateway-section-route", V3, [0]),
                ($"/{Name}1-route", V2, [2, 3]), ($"/{Name}1-section-route", V3, [2]), ($"/{Name}2-route", V2, [4, 5]),
            ])
        {
            await run.ExpectAsync(address, [.. hosts.Select((h, i) => served.Contains(i) ? Get(h + ".com", path).To(backend) : Get(h + ".com", path).Status(404))]);
        }
    }
}
