using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Statuses of GatewayClasses, Gateways and routes. Only what differs from the resource's own is returned.</summary>
internal sealed class StatusCompiler(MeshIndex index, GatewayAttachments attachments)
{
    /// <summary>Sorted, as the API asks; a test applies what each one names.</summary>
    private static readonly string[] Features =
    [
        "GRPCRoute", "Gateway", "GatewayHTTPListenerIsolation", "GatewayPort8080", "HTTPRoute", "HTTPRoute303RedirectStatusCode", "HTTPRoute307RedirectStatusCode",
        "HTTPRoute308RedirectStatusCode", "HTTPRouteBackendRequestHeaderModification", "HTTPRouteBackendTimeout", "HTTPRouteCORS", "HTTPRouteHostRewrite", "HTTPRouteMethodMatching",
        "HTTPRouteNamedRouteRule", "HTTPRouteParentRefPort", "HTTPRoutePathRedirect", "HTTPRoutePathRewrite", "HTTPRoutePortRedirect", "HTTPRouteQueryParamMatching",
        "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors", "HTTPRouteRequestPercentageMirror", "HTTPRouteRequestTimeout", "HTTPRouteResponseHeaderModification",
        "HTTPRouteSchemeRedirect", "Mesh", "MeshClusterIPMatching", "MeshConsumerRoute", "ReferenceGrant",
    ];

    public IReadOnlyList<ResourceStatus> Compile()
    {
        List<ResourceStatus> changed = [];
        foreach (Resource gatewayClass in index.Snapshot.OfKind(GatewayKinds.Group, "GatewayClass").Where(c => attachments.IsOurController(new Field(c.Spec)["controllerName"].Text)))
        {
            Add(changed, gatewayClass, Class(gatewayClass));
        }
        GatewayStatus gateways = new(index, attachments);
        foreach (Resource gateway in attachments.Gateways)
        {
            Add(changed, gateway, gateways.Of(gateway));
        }
        RouteStatus routes = new(index, attachments);
        foreach (Resource route in index.Snapshot.OfKind(GatewayKinds.Group, GatewayKinds.HttpRoute).Concat(index.Snapshot.OfKind(GatewayKinds.Group, GatewayKinds.GrpcRoute)))
        {
            if (routes.Of(route) is { } status)
            {
                Add(changed, route, status);
            }
        }
        return changed;
    }

    private static JsonObject Class(Resource gatewayClass)
    {
        JsonObject status = gatewayClass.Status?.DeepClone() as JsonObject ?? [];
        status["conditions"] = Conditions.Merge(gatewayClass.Status?["conditions"], gatewayClass.Generation,
            new Condition("Accepted", true, "Accepted", "Weft serves this class."), new Condition("SupportedVersion", true, "SupportedVersion", "The installed version is supported."));
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
