using Weft.Resources;

namespace Weft.ControlPlane.Api.OpenApi;

/// <summary>One sentence for each kind, for `kubectl explain`.</summary>
internal static class KindWords
{
    public static string Of(ResourceType type) => (type.Group, type.Kind) switch
    {
        ("", "Namespace") => "Namespace sets the names of one team or application apart from those of others.",
        ("", "Service") => "Service gives a name and a virtual address to the pods that its selector chooses.",
        ("", "Pod") => "Pod is one running instance of a workload; in Weft one process with its proxy.",
        ("", "ServiceAccount") => "ServiceAccount is who a workload is; its mesh identity is made from it.",
        ("", "ConfigMap") => "ConfigMap holds configuration that is not secret.",
        ("", "Secret") => "Secret holds keys, certificates and passwords; Weft keeps it encrypted at rest.",
        ("", "Endpoints") => "Endpoints lists addresses behind a Service that has no selector.",
        ("", "Event") => "Event says that something happened to a resource.",
        ("apps", "Deployment") => "Deployment keeps a number of equal pods running.",
        ("discovery.k8s.io", _) => "EndpointSlice lists some of the addresses behind a Service.",
        ("networking.k8s.io", "Ingress") => "Ingress leads requests from outside to Services by host and path.",
        ("networking.istio.io", "VirtualService") => "VirtualService says where requests for its hosts go, and what is done to them on the way.",
        ("networking.istio.io", "DestinationRule") => "DestinationRule says how a destination is reached: its subsets, load balancing, limits and TLS.",
        ("networking.istio.io", "Gateway") => "Gateway says what a proxy at the edge listens for.",
        ("networking.istio.io", "ServiceEntry") => "ServiceEntry makes a service outside the mesh known inside.",
        ("networking.istio.io", "WorkloadEntry") => "WorkloadEntry is one workload that is not a pod.",
        ("networking.istio.io", "Sidecar") => "Sidecar narrows what a workload's proxy listens to and can reach.",
        ("security.istio.io", "AuthorizationPolicy") => "AuthorizationPolicy says who may call a workload.",
        ("security.istio.io", "PeerAuthentication") => "PeerAuthentication says whether a workload takes mutual TLS only.",
        ("security.istio.io", "RequestAuthentication") => "RequestAuthentication says which tokens a workload trusts.",
        ("gateway.networking.k8s.io", "GatewayClass") => "GatewayClass names the controller that serves Gateways of its class.",
        ("gateway.networking.k8s.io", "Gateway") => "Gateway says what listens at the edge, on which ports and for which hosts.",
        ("gateway.networking.k8s.io", "HTTPRoute") => "HTTPRoute says where HTTP requests go, at a Gateway or inside the mesh.",
        ("gateway.networking.k8s.io", "GRPCRoute") => "GRPCRoute says where gRPC calls go.",
        ("gateway.networking.k8s.io", "ReferenceGrant") => "ReferenceGrant lets resources of another namespace refer to those of this one.",
        ("gateway.networking.k8s.io", "BackendTLSPolicy") => "BackendTLSPolicy says how a gateway verifies the TLS of a backend.",
        (CustomKinds.Group, _) => "CustomResourceDefinition makes another kind known to this API.",
        _ => $"{type.Kind} of {(type.Group.Length == 0 ? "the core" : type.Group)}.",
    };
}
