using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Statuses of GatewayClasses, Gateways and routes. Only what differs from the resource's own is returned.</summary>
internal sealed class StatusCompiler(MeshIndex index, GatewayAttachments attachments)
{
    /// <summary>What GatewayClasses say that Weft has; features of the mesh are not theirs to say. The conformance run compares it with what it saw.</summary>
    private static readonly string[] Features =
    [
        "BackendTLSPolicy", "BackendTLSPolicySANValidation", "GRPCRoute", "GRPCRouteNamedRouteRule", "Gateway", "GatewayAddressEmpty", "GatewayBackendClientCertificate",
        "GatewayFrontendClientCertificateValidation", "GatewayFrontendClientCertificateValidationInsecureFallback", "GatewayHTTPListenerIsolation",
        "GatewayHTTPSListenerDetectMisdirectedRequests", "GatewayInfrastructurePropagation", "GatewayPort8080", "GatewayStaticAddresses", "HTTPRoute",
        "HTTPRoute303RedirectStatusCode", "HTTPRoute307RedirectStatusCode", "HTTPRoute308RedirectStatusCode", "HTTPRouteBackendProtocolH2C", "HTTPRouteBackendProtocolWebSocket",
        "HTTPRouteBackendRequestHeaderModification", "HTTPRouteBackendTimeout", "HTTPRouteCORS", "HTTPRouteDestinationPortMatching", "HTTPRouteHostRewrite",
        "HTTPRouteMethodMatching", "HTTPRouteNamedRouteRule", "HTTPRouteParentRefPort", "HTTPRoutePathRedirect", "HTTPRoutePathRewrite", "HTTPRoutePortRedirect",
        "HTTPRouteQueryParamMatching", "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors", "HTTPRouteRequestPercentageMirror", "HTTPRouteRequestTimeout",
        "HTTPRouteResponseHeaderModification", "HTTPRouteRetry", "HTTPRouteSchemeRedirect", "ListenerSet", "ReferenceGrant", "TCPRoute", "TLSRoute", "TLSRouteModeMixed",
        "TLSRouteModeTerminate",
    ];

    public IReadOnlyList<ResourceStatus> Compile()
    {
        List<ResourceStatus> changed = [];
        foreach (Resource gatewayClass in index.Snapshot.OfKind(GatewayKinds.Group, "GatewayClass").Where(c => attachments.Gateways.IsOurController(new Field(c.Spec)["controllerName"].Text)))
        {
            Add(changed, gatewayClass, Class(gatewayClass));
        }
        GatewayStatus gateways = new(index, attachments);
        foreach (Resource gateway in attachments.Gateways.Gateways)
        {
            Add(changed, gateway, gateways.Of(gateway));
        }
        ListenerSetStatus sets = new(attachments);
        foreach (ListenerSetConfig set in attachments.Gateways.Sets)
        {
            Add(changed, set.Set, sets.Of(set));
        }
        RouteStatus routes = new(index, attachments);
        foreach (Resource route in GatewayKinds.Routes.SelectMany(k => index.Snapshot.OfKind(GatewayKinds.Group, k)))
        {
            if (routes.Of(route) is { } status)
            {
                Add(changed, route, status);
            }
        }
        foreach (Resource authentication in index.Snapshot.OfKind(IstioKinds.Security, "RequestAuthentication"))
        {
            if (Istio.KeyStatus.Of(authentication, index.Keys) is { } status)
            {
                Add(changed, authentication, status);
            }
        }
        PolicyStatus policies = new(index, attachments);
        foreach (Resource policy in index.Snapshot.OfKind(GatewayKinds.Group, GatewayKinds.BackendTlsPolicy).Concat(index.Snapshot.OfKind(GatewayKinds.ExperimentalGroup, GatewayKinds.BackendTrafficPolicy)))
        {
            if (policies.Of(policy) is { } status)
            {
                Add(changed, policy, status);
            }
        }
        return changed;
    }

    private static JsonObject Class(Resource gatewayClass)
    {
        JsonObject status = gatewayClass.Status?.DeepClone() as JsonObject ?? [];
        Field parameters = new Field(gatewayClass.Spec)["parametersRef"];
        Condition accepted = parameters.Exists
            ? new Condition("Accepted", false, "InvalidParameters", $"parametersRef names {parameters["kind"].Text} {parameters["name"].Text}; Weft takes no parameters there. Its Gateways are served without them.")
            : new Condition("Accepted", true, "Accepted", "Weft serves this class.");
        status["conditions"] = Conditions.Merge(gatewayClass.Status?["conditions"], gatewayClass.Generation, accepted, new Condition("SupportedVersion", true, "SupportedVersion", "The installed version is supported."));
        status["supportedFeatures"] = new JsonArray([.. Features.Order(StringComparer.Ordinal).Select(f => (JsonNode)new JsonObject { ["name"] = f })]);
        return status;
    }

    private static void Add(List<ResourceStatus> changed, Resource resource, JsonObject status)
    {
        if (!JsonNode.DeepEquals(resource.Status, status))
        {
            changed.Add(new ResourceStatus(resource.Key, resource.Generation, status));
        }
    }
}
