using Weft.Compile.Registry;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>backendRefs → clusters, with the reason of the ResolvedRefs condition where one is wrong.</summary>
/// <param name="needsGrant">Gateways need a ReferenceGrant across namespaces; in the mesh every service can be called anyway (GEP-1324).</param>
internal sealed class BackendResolver(MeshRegistry registry, ReferenceGrants grants, string clusterDomain, bool needsGrant)
{
    /// <summary>Policies on backends that cannot be kept bar them; null where they do not hold.</summary>
    public BackendTlsPolicies? Policies { get; init; }

    public RouteBackend Resolve(Resource route, RouteBackendRef reference)
    {
        string ns = reference.Namespace.Length > 0 ? reference.Namespace : route.Namespace;
        string host;
        switch (reference.Group, reference.Kind)
        {
            case ("" or "core", "Service"):
                host = HostNames.OfService(reference.Name, ns, clusterDomain);
                break;
            case (IstioKinds.Networking, "Hostname"):
                host = reference.Name.ToLowerInvariant();
                break;
            default:
                return new RouteBackend("", "InvalidKind", $"{reference.Kind} {reference.Group}/{reference.Name} cannot be a backend; use a Service.");
        }
        if (needsGrant && reference.Kind == "Service" && !grants.Allows(route, "", "Service", ns, reference.Name))
        {
            return new RouteBackend("", "RefNotPermitted", $"Service {ns}/{reference.Name} is in another namespace; a ReferenceGrant in {ns} must allow {route.Kind} of {route.Namespace}.");
        }
        if (registry.Resolve(host, route.Namespace) is not { } service)
        {
            return new RouteBackend("", "BackendNotFound", $"{reference.Kind} {ns}/{reference.Name} does not exist.");
        }
        if (reference.Port is not { } port || service.Port(port) is null)
        {
            string ports = string.Join(", ", service.Ports.Select(p => p.Number));
            return new RouteBackend("", "BackendNotFound", reference.Port is { } wrong ? $"Service {ns}/{reference.Name} has no port {wrong}; it has {ports}." : $"Service {ns}/{reference.Name} needs a port; it has {ports}.");
        }
        return new RouteBackend($"{service.Host}:{port}", "", "") { IsBarred = Policies?.For(service, port) is { IsValid: false } };
    }
}
