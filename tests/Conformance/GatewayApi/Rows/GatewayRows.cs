using System.Net;
using System.Text.Json.Nodes;
using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;
using static Weft.Conformance.GatewayApi.Kit.SuiteRun;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Gateways themselves: listeners, their status, certificates and grants. Part of every gateway profile.</summary>
internal static class GatewayRows
{
    private static readonly string[] Http = [Feature.HttpRoute];
    private static readonly string[] Granted = [Feature.Gateway, Feature.ReferenceGrant];

    public static IEnumerable<GatewayTest> All =>
    [
        new("GatewayListenerUnsupportedProtocol", [Feature.Gateway], ["tests/gateway-invalid-listeners-unsupported-protocol.yaml"], UnsupportedProtocolAsync),
        new("GatewayInvalidParametersRef", [Feature.Gateway], ["tests/gateway-invalid-parameters-ref.yaml"], static run =>
            run.ConditionsAsync("Gateway", "gateway-invalid-parameters-ref", new Cond("Accepted", false, "InvalidParameters"))),
        new("GatewayInvalidRouteKind", [Feature.Gateway], ["tests/gateway-invalid-route-kind.yaml"], static async run =>
        {
            var invalid = new Cond("ResolvedRefs", false, "InvalidRouteKinds");
            await run.ListenersAsync("gateway-only-invalid-route-kind", new ListenerRow("http", 0, [], invalid));
            await run.ListenersAsync("gateway-supported-and-invalid-route-kind", new ListenerRow("http", 0, Http, invalid));
        }),
        new("GatewayInvalidTLSConfiguration", [Feature.Gateway], ["tests/gateway-invalid-tls-configuration.yaml"], static async run =>
        {
            foreach (string name in (string[])["nonexistent-secret", "unsupported-group", "unsupported-kind", "malformed-secret"])
            {
                await run.ListenersAsync($"gateway-certificate-{name}", new ListenerRow("https", 0, Http, new Cond("ResolvedRefs", false, "InvalidCertificateRef")));
            }
        }),
        new("GatewayModifyListeners", [Feature.Gateway], ["tests/gateway-modify-listeners.yaml"], ModifyListenersAsync),
        new("GatewayObservedGenerationBump", [Feature.Gateway], ["tests/gateway-observed-generation-bump.yaml"], static async run =>
        {
            await run.LatestAsync("Gateway", "gateway-observed-generation-bump");
            await run.ChangeAsync("Gateway", "gateway-observed-generation-bump", spec => Listeners(spec).Add(NewListener("alternate", "foo.com")));
            await run.LatestAsync("Gateway", "gateway-observed-generation-bump");
        }),
        new("GatewayClassObservedGenerationBump", [Feature.Gateway], ["tests/gatewayclass-observed-generation-bump.yaml"], static async run =>
        {
            await run.ConditionsAsync("GatewayClass", "gatewayclass-observed-generation-bump", Accepted);
            await run.ChangeAsync("GatewayClass", "gatewayclass-observed-generation-bump", spec => spec["description"] = "new");
            await run.ConditionsAsync("GatewayClass", "gatewayclass-observed-generation-bump", Accepted);
        }),
        Secret("GatewaySecretInvalidReferenceGrant", "gateway-secret-invalid-reference-grant", new Cond("ResolvedRefs", false, "RefNotPermitted")),
        Secret("GatewaySecretMissingReferenceGrant", "gateway-secret-missing-reference-grant", new Cond("ResolvedRefs", false, "RefNotPermitted")),
        Secret("GatewaySecretReferenceGrantAllInNamespace", "gateway-secret-reference-grant-all-in-namespace", new Cond("Programmed", true, "Programmed"), Resolved),
        Secret("GatewaySecretReferenceGrantSpecific", "gateway-secret-reference-grant-specific", new Cond("Programmed", true, "Programmed"), Resolved),
        new("GatewayWithAttachedRoutes", [Feature.Gateway, Feature.HttpRoute], ["tests/gateway-with-attached-routes.yaml"], static async run =>
        {
            await run.ListenersAsync("gateway-with-one-attached-route", new ListenerRow("http", 1, Http, Accepted, Resolved));
            await run.ListenersAsync("gateway-with-two-attached-routes", new ListenerRow("http", 2, Http, Accepted, Resolved));
            await run.RouteAsync("HTTPRoute", "http-route-not-accepted", "gateway-with-two-attached-routes", new Cond("Accepted", false, "NoMatchingListenerHostname"));
            await run.ListenersAsync("unresolved-gateway-with-one-attached-unresolved-route",
                new ListenerRow("tls", 1, Http, new Cond("Programmed", false), new Cond("ResolvedRefs", false)));
            await run.RouteAsync("HTTPRoute", "http-route-4", "unresolved-gateway-with-one-attached-unresolved-route", new Cond("ResolvedRefs", false));
        }),
        new("GatewayWithAttachedRoutesWithPort8080", [Feature.Gateway, "GatewayPort8080", Feature.HttpRoute], ["tests/gateway-with-attached-routes-with-port-8080.yaml"], static run =>
            run.ListenersAsync("gateway-with-two-listeners-and-one-attached-route",
                new ListenerRow("http-unattached", 0, Http, Accepted, Resolved), new ListenerRow("http", 1, Http, Accepted, Resolved))),
        new("GatewayHTTPListenerIsolation", [Feature.Gateway, "GatewayHTTPListenerIsolation", Feature.HttpRoute],
            ["tests/gateway-http-listener-isolation.yaml", "tests/gateway-http-listener-isolation-with-hostname-intersection.yaml"], static async run =>
        {
            await IsolatedAsync(run, "http-listener-isolation", "");
            await IsolatedAsync(run, "http-listener-isolation-with-hostname-intersection", "-with-hostname-intersection");
        }),
        new("GatewayOptionalAddressValue", [Feature.Gateway, "GatewayAddressEmpty"], ["tests/gateway-optional-address-value.yaml"], static run => run.AddressAsync("gateway-without-address-value"))
        {
            Provisional = true,
        },
        new("GatewayInfrastructure", [Feature.Gateway, "GatewayInfrastructurePropagation"], ["tests/gateway-infrastructure.yaml"], InfrastructureAsync) { Provisional = true },
        new("GatewayStaticAddresses", [Feature.Gateway, "GatewayStaticAddresses"], ["tests/gateway-static-addresses.yaml"], StaticAddressesAsync),
    ];

    private static GatewayTest Secret(string name, string gateway, params Cond[] conditions) =>
        new(name, Granted, [$"tests/{gateway}.yaml"], run => run.ListenersAsync(gateway, new ListenerRow("https", 0, Http, conditions)));

    private static JsonArray Listeners(JsonObject spec) => (JsonArray)spec["listeners"]!;

    private static JsonObject NewListener(string name, string hostname) => new()
    {
        ["name"] = name, ["hostname"] = hostname, ["port"] = 80, ["protocol"] = "HTTP",
        ["allowedRoutes"] = new JsonObject { ["namespaces"] = new JsonObject { ["from"] = "All" } },
    };

    private static async Task UnsupportedProtocolAsync(SuiteRun run)
    {
        var unsupported = new ListenerRow("invalid", 0, [], new Cond("Accepted", false, "UnsupportedProtocol"));
        await run.ConditionsAsync("Gateway", "gateway-only-unsupported-protocols", new Cond("Accepted", false, "ListenersNotValid"));
        await run.ListenersAsync("gateway-only-unsupported-protocols", unsupported);
        await run.ConditionsAsync("Gateway", "gateway-supported-and-unsupported-protocols", new Cond("Accepted", true, "ListenersNotValid"));
        await run.ListenersAsync("gateway-supported-and-unsupported-protocols", new ListenerRow("http", 0, Http, new Cond("Accepted", true, "Accepted")), unsupported);
    }

    private static async Task ModifyListenersAsync(SuiteRun run)
    {
        await run.LatestAsync("Gateway", "gateway-add-listener");
        await run.ChangeAsync("Gateway", "gateway-add-listener", spec => Listeners(spec).Add(NewListener("http", "data.test.com")));
        await run.ListenersAsync("gateway-add-listener", new ListenerRow("https", 1, Http, Accepted, Resolved), new ListenerRow("http", 1, Http, Accepted, Resolved));
        await run.LatestAsync("Gateway", "gateway-remove-listener");
        await run.ChangeAsync("Gateway", "gateway-remove-listener", spec => spec["listeners"] = new JsonArray([.. Listeners(spec).Where(l => (string?)l!["name"] == "http").Select(l => l!.DeepClone())]));
        await run.ListenersAsync("gateway-remove-listener", new ListenerRow("http", 1, Http, Accepted, Resolved));
        await run.LatestAsync("Gateway", "gateway-remove-listener");
    }

    /// <summary>A request belongs to the most specific listener of its host; routes of wider ones are not served for it.</summary>
    private static async Task IsolatedAsync(SuiteRun run, string gateway, string suffix)
    {
        string[] paths = ["empty-hostname", "wildcard-example-com", "wildcard-foo-example-com", "abc-foo-example-com"];
        string[] hosts = ["bar.com", "bar.example.com", "bar.foo.example.com", "abc.foo.example.com"];
        IPAddress address = await run.AttachedAsync(gateway, [.. paths.Select(p => $"attaches-to-{p}{suffix}")]);
        foreach ((string host, int own) in hosts.Select((h, i) => (h, i)))
        {
            await run.ExpectAsync(address, [.. paths.Select((p, i) => i == own ? Get(host, "/" + p).To(V1) : Get(host, "/" + p).Status(404))]);
        }
    }

    /// <summary>What is made for a Gateway carries its name, and the labels and annotations of spec.infrastructure.</summary>
    private static Task InfrastructureAsync(SuiteRun run) => Convergence.OnceAsync("the gateway's pod has the Gateway's labels and annotations", async ct =>
    {
        const string Name = "gateway-with-infrastructure-metadata";
        JsonNode? wanted = (await run.FindAsync("Gateway", Name, ct))?["spec"]?["infrastructure"];
        JsonNode? pods = await run.Mesh.Client.GetAsync($"/api/v1/namespaces/{Infra}/pods?labelSelector={Uri.EscapeDataString("gateway.networking.k8s.io/gateway-name=" + Name)}", ct);
        if ((pods?["items"] as JsonArray)?.FirstOrDefault()?["metadata"] is not JsonObject metadata)
        {
            return "no pod";
        }

        foreach (string map in (string[])["labels", "annotations"])
        {
            foreach ((string key, JsonNode? value) in wanted?[map] as JsonObject ?? [])
            {
                if ((string?)metadata[map]?[key] != (string?)value)
                {
                    return $"{map} lack {key}";
                }
            }
        }

        return null;
    });

    /// <summary>Of three addresses the first is of a kind nobody has, the second is not ours, the third is: each fault is told until it is gone.</summary>
    private static async Task StaticAddressesAsync(SuiteRun run)
    {
        const string Name = "gateway-static-addresses";
        await run.ConditionsAsync("Gateway", Name, new Cond("Accepted", false, "UnsupportedAddress"));
        await run.ChangeAsync("Gateway", Name, spec => ((JsonArray)spec["addresses"]!).RemoveAt(0));
        await run.ConditionsAsync("Gateway", Name, new Cond("Accepted", true, "Accepted"), new Cond("Programmed", false, "AddressNotUsable"));
        await run.ChangeAsync("Gateway", Name, spec => ((JsonArray)spec["addresses"]!).RemoveAt(0));
        await run.ConditionsAsync("Gateway", Name, new Cond("Accepted", true, "Accepted"), new Cond("Programmed", true, "Programmed"));
        await run.ListenersAsync(Name, new ListenerRow("http", 0, Http, Accepted, Resolved));
    }
}
