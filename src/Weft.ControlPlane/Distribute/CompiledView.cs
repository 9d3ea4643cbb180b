using System.Collections.Concurrent;
using Google.Protobuf;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>The compiled mesh as subscribers may see it. Immutable but for the memory of scopes; thread-safe.</summary>
internal sealed class CompiledView(CompiledMesh mesh) : IMeshView
{
    private readonly ConcurrentDictionary<string, ClientScope> _scopes = new(StringComparer.Ordinal);

    public ResourceSnapshot Resources => mesh.Snapshot;

    public CompiledMesh Mesh => mesh;

    public IEnumerable<EncodedResource> All(string type, SubscriberScope scope) => type == DiscoveryTypes.Frontend
        ? mesh.Frontends(ScopeOf(scope)).Select(static f => EncodedResource.Of(f.Name, f))
        : [];

    public EncodedResource? Find(string type, string name, SubscriberScope scope)
    {
        IMessage? message = type switch
        {
            DiscoveryTypes.Frontend => mesh.Frontends(ScopeOf(scope)).FirstOrDefault(f => f.Name == name),
            DiscoveryTypes.RouteSet => mesh.RouteSet(name, ScopeOf(scope)),
            DiscoveryTypes.TcpRouteSet => mesh.TcpRouteSet(name, ScopeOf(scope)),
            DiscoveryTypes.Cluster => mesh.Cluster(name, ScopeOf(scope)),
            DiscoveryTypes.EndpointSet => mesh.EndpointSet(name, ScopeOf(scope)),
            DiscoveryTypes.Workload => name == scope.Workload ? mesh.Workload(name) : null, // nobody reads another's policy
            DiscoveryTypes.Credential => MayHold(name, scope) ? mesh.Credential(name) : null,
            _ => null,
        };
        return message is null ? null : EncodedResource.Of(name, message);
    }

    /// <summary>A private key goes only to the proxy whose own listener names it.</summary>
    private bool MayHold(string credential, SubscriberScope scope) =>
        mesh.Workload(scope.Workload) is { } own
        && own.GatewayListeners.Any((GatewayListener l) => l.Tls?.Credentials.Contains(credential) == true);

    /// <summary>From the pod as it is now: labels change while a stream is open. A pod deleted meanwhile keeps its last scope.</summary>
    private ClientScope ScopeOf(SubscriberScope scope) => _scopes.GetOrAdd(
        scope.Workload,
        static (_, a) => a.Resources.Find(new ResourceKey("", "Pod", a.Scope.Namespace, a.Scope.Pod)) is { } pod
            ? ClientScope.Of(pod)
            : new ClientScope(a.Scope.Namespace, a.Scope.Labels, a.Scope.IsGateway),
        (Resources, Scope: scope));
}
