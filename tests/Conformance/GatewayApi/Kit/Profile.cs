namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>A profile of the suite: a test counts towards it when every feature it needs is among the profile's.</summary>
internal sealed record Profile(string Name, string[] Core, string[] Extended)
{
    private static readonly string[] GatewayExtended =
    [
        "GatewayPort8080", "GatewayStaticAddresses", "GatewayHTTPListenerIsolation", "GatewayHTTPSListenerDetectMisdirectedRequests", "GatewayInfrastructurePropagation",
        "GatewayAddressEmpty", "GatewayBackendClientCertificate", "GatewayFrontendClientCertificateValidation", "GatewayFrontendClientCertificateValidationInsecureFallback", "ListenerSet",
    ];

    private static readonly string[] BackendTls = ["BackendTLSPolicy", "BackendTLSPolicySANValidation"];

    public static readonly Profile[] All =
    [
        new("GATEWAY-HTTP", ["Gateway", "ReferenceGrant", "HTTPRoute"],
        [
            .. GatewayExtended, .. BackendTls, "HTTPRouteDestinationPortMatching", "HTTPRouteBackendRequestHeaderModification", "HTTPRouteQueryParamMatching", "HTTPRouteMethodMatching",
            "HTTPRouteResponseHeaderModification", "HTTPRoutePortRedirect", "HTTPRouteSchemeRedirect", "HTTPRoutePathRedirect", "HTTPRouteHostRewrite", "HTTPRoutePathRewrite",
            "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors", "HTTPRouteRequestPercentageMirror", "HTTPRouteRequestTimeout", "HTTPRouteBackendTimeout", "HTTPRouteParentRefPort",
            "HTTPRouteBackendProtocolH2C", "HTTPRouteBackendProtocolWebSocket", "HTTPRouteNamedRouteRule", "HTTPRouteCORS", "HTTPRoute303RedirectStatusCode",
            "HTTPRoute307RedirectStatusCode", "HTTPRoute308RedirectStatusCode", "HTTPRouteRetry",
        ]),
        new("GATEWAY-GRPC", ["Gateway", "ReferenceGrant", "GRPCRoute"], [.. GatewayExtended, .. BackendTls, "GRPCRouteNamedRouteRule"]),
        new("GATEWAY-TLS", ["Gateway", "ReferenceGrant", "TLSRoute"], [.. GatewayExtended, .. BackendTls, "TLSRouteModeTerminate", "TLSRouteModeMixed"]),
        new("GATEWAY-TCP", ["Gateway", "ReferenceGrant", "TCPRoute"], GatewayExtended),
        new("MESH-HTTP", ["Mesh", "HTTPRoute"],
        [
            "MeshClusterIPMatching", "MeshConsumerRoute", "MeshHTTPRouteRewritePath", "MeshHTTPRouteSchemeRedirect", "MeshHTTPRouteRedirectPort", "MeshHTTPRouteRedirectPath",
            "MeshHTTPRouteBackendRequestHeaderModification", "MeshHTTPRouteQueryParamMatching", "MeshHTTPRouteNamedRouteRule",
        ]),
        new("MESH-GRPC", ["Mesh", "GRPCRoute"], ["MeshClusterIPMatching"]),
    ];

    public bool IsCore(GatewayTest test) => test.Features.All(Core.Contains);

    public bool IsExtended(GatewayTest test) => !IsCore(test) && test.Features.All(f => Core.Contains(f) || Extended.Contains(f));
}
