using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Model.V1;

namespace Weft.Compile.GatewayApi;

/// <summary>
/// What gateways speak to ports that declare nothing: HTTP/1.1 where an HTTPRoute leads (h2c must be declared by appProtocol),
/// HTTP/2 where a GRPCRoute does. Ports that only other dialects lead to are spoken to as the client spoke.
/// </summary>
internal sealed class BackendProtocols
{
    private readonly Dictionary<string, AppProtocol> _byCluster = new(StringComparer.Ordinal);

    public BackendProtocols(MeshIndex index, GatewayAttachments attachments)
    {
        BackendResolver resolver = new(index.Registry, index.Grants, index.Options.ClusterDomain, needsGrant: true);
        foreach (Attachment attachment in attachments.All.Where(a => a.Accepted && a.Route.Kind is GatewayKinds.HttpRoute or GatewayKinds.GrpcRoute))
        {
            bool grpc = attachment.Route.Kind == GatewayKinds.GrpcRoute;
            foreach (Field rule in new Field(attachment.Route.Spec)["rules"].Items)
            {
                foreach (Field reference in rule["backendRefs"].Items)
                {
                    if (resolver.Resolve(attachment.Route, RouteBackendRef.Of(reference)) is { IsGood: true, Cluster: var cluster } && (grpc || !_byCluster.ContainsKey(cluster)))
                    {
                        _byCluster[cluster] = grpc ? AppProtocol.Grpc : AppProtocol.Http1;
                    }
                }
            }
        }
    }

    public AppProtocol Of(string cluster, AppProtocol declared) => declared == AppProtocol.Detect ? _byCluster.GetValueOrDefault(cluster, declared) : declared;
}
