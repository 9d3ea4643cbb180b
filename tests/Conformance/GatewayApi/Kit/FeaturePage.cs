using System.Globalization;
using System.Text;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>docs/gateway-api.md: what of the Gateway API Weft has, from what the conformance run saw.</summary>
internal static class FeaturePage
{
    private const string Head =
        """
        # The Gateway API in Weft

        Weft serves the standard channel of the Gateway API v1.6, for gateways and for the mesh, and of the experimental channel
        `HTTPRoute.retry`, `sessionPersistence` and `XBackendTrafficPolicy`'s retry constraint. GatewayClasses with the controller
        `weft.dev/gateway-controller` are Weft's, and the classes `weft` and `istio` exist even where nobody wrote them.

        | kind | acted on |
        |---|---|
        | GatewayClass | Accepted, SupportedVersion, supportedFeatures |
        | Gateway | HTTP, HTTPS, TLS (terminate, passthrough, both on one port) and TCP listeners; addresses; infrastructure labels and annotations; client certificates (`tls.frontend`), the gateway's own towards backends (`tls.backend`) |
        | ListenerSet | as the Gateway's own listeners, by `allowedListeners`; the Gateway's come first, then the oldest set's |
        | HTTPRoute, GRPCRoute | all core and extended fields; parents Gateway, ListenerSet, Service (producer and consumer routes), ServiceEntry |
        | TLSRoute, TCPRoute | parents Gateway, ListenerSet, Service; of several TCPRoutes at one listener the oldest serves |
        | ReferenceGrant | for routes to backends, Gateways and ListenerSets to Secrets and ConfigMaps |
        | BackendTLSPolicy | how gateways speak TLS to a Service: name, subjectAltNames, authorities; the oldest of several holds, one for a port before one for the Service |
        | XBackendTrafficPolicy | `retryConstraint`: the retry budget of a Service |
        | UDPRoute | not acted on: Weft carries no UDP |

        Filters that cannot be run (`ExtensionRef`, `ExternalAuth`) are never skipped: what the rule matches is answered 500, the route says
        `PartiallyInvalid`, or `Accepted: False` when it has no other rule.
        So it is with filters of a backendRef that do more than change headers and rewrite: its share is answered 500.

        A BackendTLSPolicy and a retry constraint fill what no DestinationRule says: its `tls` and `retryBudget` come first, as in Istio.

        `weft up` gives every accepted Gateway a gateway process of its own, on an address of the loopback that `status.addresses` and
        `weft status` say: the one that `spec.addresses` asks for, else one of 127.80.0.0/16 that stays the same. Who may not open ports below 1024 finds
        them 8000 higher. Its shared gateway, at the address that `weft up` announces, serves all of them too; Istio's Gateways have it alone.
        Elsewhere a shared gateway workload serves all Gateways that have none of their own; a Pod with the label
        `gateway.networking.k8s.io/gateway-name` serves that Gateway alone. `Programmed` is true once such a workload is ready.

        ## Conformance

        `tests/Conformance/GatewayApi` replays the project's conformance suite (manifests of v1.6.1, its tests told anew in C#) against a
        control plane, gateways, sidecars and backends that are processes of their own. It is evidence of behaviour and no official report:
        that needs the Go suite on a cluster. The mesh tests speak to their sidecars in explicit mode, so two of the suite are not told here:
        MeshFrontend and MeshFrontendHostname, which dial addresses. Nor are those of UDPRoute. Two of TLSRoute hold by themselves, as in the
        suite, for who terminates TLS and mixes both modes on a port (TLSRouteListenerTerminateNotSupported, …MixedTerminationNotSupported). The report is
        [gateway-api-conformance.yaml](gateway-api-conformance.yaml); this page is written by the same run (`WEFT_UPDATE=1`).


        """;

    public static string Text(Func<GatewayTest, bool> passed)
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        text.Append("| profile | core passed | extended passed |\n|---|--:|--:|\n");
        foreach (Profile profile in Profile.All)
        {
            GatewayTest[] core = [.. SuiteTests.All.Where(t => !t.Provisional && profile.IsCore(t))], extended = [.. SuiteTests.All.Where(t => !t.Provisional && profile.IsExtended(t))];
            text.Append(CultureInfo.InvariantCulture, $"| {profile.Name} | {core.Count(passed)} of {core.Length} | {extended.Count(passed)} of {extended.Length} |\n");
        }

        GatewayTest[] provisional = [.. SuiteTests.All.Where(t => t.Provisional)];
        text.Append(CultureInfo.InvariantCulture, $"\nOf {provisional.Length} provisional tests {provisional.Count(passed)} pass.\n\n");
        GatewayTest[] failed = [.. SuiteTests.All.Where(t => !passed(t)).OrderBy(t => t.Name, StringComparer.Ordinal)];
        text.Append(failed.Length == 0 ? "No test fails.\n\n" : "What fails:\n\n| test | why |\n|---|---|\n");
        foreach (GatewayTest test in failed)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {test.Name} | {SuiteTests.Known.GetValueOrDefault(test.Name, "not known")} |\n");
        }

        text.Append(failed.Length == 0 ? "" : "\n").Append("## Features\n\n| feature | tests that pass |\n|---|---|\n");
        foreach (string feature in SuiteTests.All.SelectMany(t => t.Features).Distinct().Order(StringComparer.Ordinal))
        {
            GatewayTest[] needing = [.. SuiteTests.All.Where(t => t.Features.Contains(feature))];
            text.Append(CultureInfo.InvariantCulture, $"| {feature} | {needing.Count(passed)} of {needing.Length} |\n");
        }

        return text.ToString();
    }
}
