using System.Net;
using System.Text.Json.Nodes;
using Weft.Conformance.GatewayApi.Kit;
using Weft.Resources;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;
using static Weft.Conformance.GatewayApi.Kit.SuiteRun;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>TLSRoute and TCPRoute.</summary>
internal static class OpaqueRouteRows
{
    private static readonly string[] Tls = [Feature.Gateway, Feature.TlsRoute];
    private static readonly string[] Tcp = [Feature.Gateway, Feature.TcpRoute];
    private static readonly string[] TlsKind = [Feature.TlsRoute];

    public static IEnumerable<GatewayTest> All =>
    [
        new("TLSRouteSimpleSameNamespace", Tls, ["tests/tlsroute-simple-same-namespace.yaml"], static async run =>
            await run.TcpAsync(await run.AcceptedAsync("gateway-tlsroute", "TLSRoute", "gateway-conformance-infra-test"), 443, "abc.example.com", true, "tcp-backend", serverName: "abc.example.com")),
        new("TLSRouteHostnameIntersection", Tls, ["tests/tlsroute-hostname-intersection.yaml"], HostnameIntersectionAsync),
        Rejected("TLSRouteInvalidBackendRefNonexistent", "nonexistent", "BackendNotFound"),
        Rejected("TLSRouteInvalidBackendRefUnknownKind", "unknown-kind", "InvalidKind"),
        new("TLSRouteInvalidNoMatchingListenerHostname", Tls, ["tests/tlsroute-invalid-no-matching-listener-hostname.yaml"], static async run =>
        {
            foreach ((string route, string gateway) in ((string, string)[])[("tlsroute-hostname-mismatch-1", "gateway-tls-exact-hostname"), ("tlsroute-hostname-mismatch-2", "gateway-tls-wildcard-hostname")])
            {
                await run.RouteAsync("TLSRoute", route, gateway, new Cond("Accepted", false, "NoMatchingListenerHostname"));
                await run.NoAcceptedParentAsync("TLSRoute", route);
                await run.ZeroRoutesAsync(gateway);
            }
        }),
        new("TLSRouteInvalidNoMatchingListener", Tls, ["tests/tlsroute-invalid-no-matching-listener.yaml"], static async run =>
        {
            foreach ((string route, string gateway, string reason) in ((string, string, string)[])
                [
                    ("tlsroute-not-allowed-protocol-http", "gateway-tlsroute-http-only", "NotAllowedByListeners"),
                    ("tlsroute-not-allowed-protocol-https", "gateway-tlsroute-https-only", "NotAllowedByListeners"),
                    ("tlsroute-no-matching-section-name", "gateway-tlsroute-tls-passthrough-only", "NoMatchingParent"),
                ])
            {
                await run.RouteAsync("TLSRoute", route, gateway, new Cond("Accepted", false, reason));
                await run.NoAcceptedParentAsync("TLSRoute", route);
            }

            await run.ZeroRoutesAsync("gateway-tlsroute-http-only");
            await run.ZeroRoutesAsync("gateway-tlsroute-https-only");
        }),
        new("TLSRouteInvalidReferenceGrant", [.. Tls, Feature.ReferenceGrant], ["tests/tlsroute-invalid-reference-grant.yaml"], static async run =>
        {
            await run.AcceptedAsync("gateway-tlsroute-referencegrant", "TLSRoute", "gateway-conformance-infra-test");
            await run.RouteAsync("TLSRoute", "gateway-conformance-infra-test", "gateway-tlsroute-referencegrant", new Cond("ResolvedRefs", false, "RefNotPermitted"));
        }),
        new("TLSRouteListenerPassthroughSupportedKinds", Tls, ["tests/tlsroute-listener-passthrough-supported-kinds.yaml"], static run =>
            run.ListenersAsync("gateway-tlsroute-passthrough-supported-kind", new ListenerRow("tls-passthrough", 0, TlsKind, new Cond("ResolvedRefs", false, "InvalidRouteKinds")))),
        new("TLSRouteListenerTerminateNotSupported", Tls, ["tests/tlsroute-listener-terminate-not-supported.yaml"], static _ => Task.CompletedTask), // holds by itself for who terminates
        new("TLSRouteListenerTerminateSupportedKinds", [.. Tls, "TLSRouteModeTerminate"], ["tests/tlsroute-listener-terminate-supported-kinds.yaml"], static run =>
            run.ListenersAsync("gateway-tlsroute-terminate-supported", new ListenerRow("tls-terminate", 0, TlsKind, new Cond("Accepted", true, "Accepted")))),
        new("TLSRouteListenerMixedTerminationNotSupported", [.. Tls, "TLSRouteModeTerminate"], ["tests/tlsroute-listener-mixed-termination-not-supported.yaml"],
            static _ => Task.CompletedTask), // holds by itself for who mixes
        new("TLSRouteTerminateSimpleSameNamespace", [.. Tls, "TLSRouteModeTerminate"], ["tests/tlsroute-terminate-simple-same-namespace.yaml"], static async run =>
            await run.TcpAsync(await run.AcceptedAsync("gateway-tlsroute-terminate", "TLSRoute", "tlsroute-terminated-test"), await run.PortAsync("gateway-tlsroute-terminate"),
                await HostAsync(run, "tlsroute-terminated-test"), false, "tcp-backend"))
        {
            Provisional = true,
        },
        new("TLSRouteMixedTerminationSameNamespace", [.. Tls, "TLSRouteModeTerminate", "TLSRouteModeMixed"], ["tests/tlsroute-mixed-termination-same-namespace.yaml"], MixedAsync) { Provisional = true },
        new("TCPRouteInvalidBackendRefNonexistent", Tcp, ["tests/tcproute-invalid-backendref-nonexistent.yaml"], static run =>
            run.RouteAsync("TCPRoute", "tcp-route-invalid-backend-ref-nonexistent", "tcp-gateway-invalid-backend", new Cond("ResolvedRefs", false, "BackendNotFound"))) { Provisional = true },
        new("TCPRouteInvalidCrossNamespaceBackendRef", [.. Tcp, Feature.ReferenceGrant], ["tests/tcproute-invalid-cross-namespace-backend-ref.yaml"], static run =>
            run.RouteAsync("TCPRoute", "tcp-invalid-cross-namespace-backend-ref", "tcp-invalid-cross-namespace-backend-ref-gateway", Accepted, new Cond("ResolvedRefs", false, "RefNotPermitted")))
        {
            Provisional = true,
        },
        new("TCPRouteInvalidNonTCPListener", Tcp, ["tests/tcproute-invalid-non-tcp-listener.yaml"], static async run =>
        {
            await run.RouteAsync("TCPRoute", "tcp-route", "tcp-mixed-protocol-gateway", new Cond("Accepted", false, "NotAllowedByListeners"));
            await run.ZeroRoutesAsync("tcp-mixed-protocol-gateway");
        })
        {
            Provisional = true,
        },
        new("TCPRouteMultipleRoutesAttachment", Tcp, ["tests/tcproute-multiple-routes-attachment.yaml"], MultipleAsync),
        new("TCPRouteParentRefAttachAll", Tcp, ["tests/tcproute-parentref-attach-all.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("tcp-attach-all-gateway", "TCPRoute", "tcp-route-attach-all");
            foreach (int port in (int[])[9310, 9311, 9312, 9313])
            {
                await run.TcpAsync(address, port, null, false, "tcp-echo-attach-all");
            }
        })
        {
            Provisional = true,
        },
        new("TCPRouteParentRefPortAndSectionName", Tcp, ["tests/tcproute-parentref-port-and-section-name.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("tcp-multi-listener-gateway", "TCPRoute", "tcp-route-by-port", "tcp-route-by-section", "tcp-route-by-section-and-port");
            await run.TcpAsync(address, 9300, null, false, "tcp-echo-one");
            await run.TcpAsync(address, 9301, null, false, "tcp-echo-two");
            await run.TcpAsync(address, 9302, null, false, "tcp-echo-three");
        })
        {
            Provisional = true,
        },
        new("TCPRouteReferenceGrant", [.. Tcp, Feature.ReferenceGrant], ["tests/tcproute-reference-grant.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("tcp-reference-grant-gateway", "TCPRoute", "tcp-reference-grant");
            await run.TcpAsync(address, 9320, null, false, "tcp-reference-grant-backend", Web);
            await run.DeleteAsync("ReferenceGrant", $"{Web}/tcp-reference-grant");
            await run.RouteAsync("TCPRoute", "tcp-reference-grant", "tcp-reference-grant-gateway", new Cond("ResolvedRefs", false, "RefNotPermitted"));
        })
        {
            Provisional = true,
        },
        new("TCPRouteWeightedRouting", Tcp, ["tests/tcproute-weighted-routing.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("tcp-weighted-gateway", "TCPRoute", "tcp-weighted-route");
            await run.TcpAsync(address, 9300, null, false, "tcp-backend-v");
            await Shares.HoldAsync(async ct => (await TcpProbe.AskAsync(new IPEndPoint(address, 9300), null, ct)).Pod, ("tcp-backend-v1", 0.7), ("tcp-backend-v2", 0.3), ("tcp-backend-v3", 0.0));
        })
        {
            Provisional = true,
        },
    ];

    private static GatewayTest Rejected(string name, string what, string reason) => new(name, Tls, [$"tests/tlsroute-invalid-backendref-{what}.yaml"], async run =>
    {
        string route = $"invalid-backend-ref-{what}", gateway = $"gateway-tlsroute-invalid-backend-ref-{what}";
        IPAddress address = await run.AcceptedAsync(gateway, "TLSRoute", route);
        await run.RouteAsync("TLSRoute", route, gateway, new Cond("ResolvedRefs", false, reason));
        await run.TlsRejectedAsync(address, 443, await HostAsync(run, route));
    });

    private static async Task<string> HostAsync(SuiteRun run, string route) =>
        (string?)(await run.FindAsync("TLSRoute", route, CancellationToken.None))?["spec"]?["hostnames"]?[0] ?? throw new HttpRequestException($"TLSRoute {route} has no hostname");

    private static async Task HostnameIntersectionAsync(SuiteRun run)
    {
        foreach ((string gateway, string[] routes, string other) in ((string, string[], string)[])
            [
                ("gw-tlsroute-exact-hostname-x-1", ["tlsroute-more-specific-wc-hostname-x-1"], "non.matching.com"),
                ("gw-tlsroute-more-specific-wc-hostname-x-2", ["tlsroute-exact-hostname-x-2", "tlsroute-less-specific-wc-hostname-x-2"], "non.matching.com"),
                ("gw-tlsroute-less-specific-wc-hostname-x-3", ["tlsroute-exact-hostname-x-3", "tlsroute-more-specific-wc-hostname-x-3"], "non.matching.com"),
                ("gw-tlsroute-empty-hostname-x-4", ["tlsroute-exact-hostname-x-4", "tlsroute-less-specific-wc-hostname-x-4"], "non.matching.org"),
            ])
        {
            IPAddress address = await run.AcceptedAsync(gateway, "TLSRoute", routes);
            await run.ExpectAsync(address, 443, Get("abc.example.com", "/").Over("abc.example.com").To("tls-backend"));
            if (routes.Length > 1)
            {
                await run.ExpectAsync(address, 443, Get("other.example.com", "/").Over("other.example.com").To("tls-backend-2"));
            }

            await run.TlsRejectedAsync(address, 443, other);
        }
    }

    private static async Task MixedAsync(SuiteRun run)
    {
        const string Terminated = "gateway-conformance-mixed-terminateroute", Passed = "gateway-conformance-mixed-passthroughroute";
        IPAddress address = await run.AcceptedAsync("gateway-tlsroute-mixed-termination", "TLSRoute", Terminated, Passed);
        var accepted = new Cond("Accepted", true, "Accepted");
        await run.ListenersAsync("gateway-tlsroute-mixed-termination", new ListenerRow("tls-terminate", 1, TlsKind, accepted), new ListenerRow("tls-passthrough", 1, TlsKind, accepted));
        string passed = await HostAsync(run, Passed);
        int port = await run.PortAsync("gateway-tlsroute-mixed-termination");
        await run.TcpAsync(address, port, await HostAsync(run, Terminated), false, "tcp-backend");
        await run.TcpAsync(address, port, passed, true, "tcp-backend", serverName: passed);
    }

    /// <summary>Both routes are accepted and counted, only the older one serves.</summary>
    private static async Task MultipleAsync(SuiteRun run)
    {
        IPAddress address = await run.AcceptedAsync("tcp-multi-route-attach-gateway", "TCPRoute", "tcproute-attach-older");
        JsonObject older = await run.FindAsync("TCPRoute", "tcproute-attach-older", CancellationToken.None) ?? [];
        DateTimeOffset created = DateTimeOffset.Parse((string?)older["metadata"]?["creationTimestamp"] ?? "", System.Globalization.CultureInfo.InvariantCulture);
        // Ages are told in seconds: the second route must come in a later one.
        await Convergence.OnceAsync("the next second has come", _ => Task.FromResult(DateTimeOffset.UtcNow > created.AddSeconds(1) ? null : "not yet"));
        var newer = new Resource(new JsonObject
        {
            ["apiVersion"] = older["apiVersion"]?.DeepClone(),
            ["kind"] = "TCPRoute",
            ["metadata"] = new JsonObject { ["name"] = "tcproute-attach-newer", ["namespace"] = Infra },
            ["spec"] = new JsonObject
            {
                ["parentRefs"] = older["spec"]?["parentRefs"]?.DeepClone(),
                ["rules"] = new JsonArray(new JsonObject { ["backendRefs"] = new JsonArray(new JsonObject { ["name"] = "tcp-attach-backend-2", ["port"] = 3000 }) }),
            },
        });
        await run.Mesh.ApplyAsync([newer]);
        try
        {
            await run.RouteAsync("TCPRoute", "tcproute-attach-newer", "tcp-multi-route-attach-gateway", new Cond("Accepted", true, "Accepted"));
            await run.ListenersAsync("tcp-multi-route-attach-gateway", new ListenerRow("tcp", 2, [Feature.TcpRoute], new Cond("Accepted", true, "Accepted")));
            int port = await run.PortAsync("tcp-multi-route-attach-gateway");
            for (int i = 0; i < 30; i++)
            {
                await run.TcpAsync(address, port, null, false, "tcp-attach-backend-1");
            }
        }
        finally
        {
            await run.Mesh.DeleteAsync([newer]);
        }
    }
}
