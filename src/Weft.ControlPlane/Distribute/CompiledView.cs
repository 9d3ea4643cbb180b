using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// The compiled mesh as subscribers may see it. Endpoints may come from a newer snapshot than the rest: pods that become
/// ready or leave change nothing else, so nothing else is compiled for them. Immutable but for memory; thread-safe.
/// </summary>
internal sealed class CompiledView(CompiledMesh configuration, CompiledMesh newest, ILogger logger) : IMeshView
{
    private readonly ConcurrentDictionary<string, ClientScope> _scopes = new(StringComparer.Ordinal);

    public ResourceSnapshot Resources => newest.Snapshot;

    /// <summary>The newest snapshot compiled: problems and statuses are read from it.</summary>
    public CompiledMesh Mesh => newest;

    /// <summary>The same configuration with the endpoints of a newer snapshot.</summary>
    public CompiledView WithEndpoints(CompiledMesh newer) => new(configuration, newer, logger);

    public IEnumerable<EncodedResource>? All(string type, SubscriberScope scope) => type != DiscoveryTypes.Frontend
        ? []
        : Guarded(type, "*", scope, out IEnumerable<EncodedResource>? all, () => configuration.Frontends(ScopeOf(scope)).Select(static f => EncodedResource.Of(f.Name, f)).ToArray())
            ? all : null;

    public bool TryFind(string type, string name, SubscriberScope scope, out EncodedResource? resource) =>
        Guarded(type, name, scope, out resource, () => Find(type, name, scope) is { } message ? EncodedResource.Of(name, message) : null);

    private IMessage? Find(string type, string name, SubscriberScope scope) => type switch
    {
        DiscoveryTypes.Frontend => configuration.Frontends(ScopeOf(scope)).FirstOrDefault(f => f.Name == name),
        DiscoveryTypes.RouteSet => configuration.RouteSet(name, ScopeOf(scope)),
        DiscoveryTypes.TcpRouteSet => configuration.TcpRouteSet(name, ScopeOf(scope)),
        DiscoveryTypes.Cluster => configuration.Cluster(name, ScopeOf(scope)),
        DiscoveryTypes.EndpointSet => newest.EndpointSet(name, ScopeOf(scope)),
        DiscoveryTypes.Workload => name == scope.Workload ? configuration.Workload(name) : null, // nobody reads another's policy
        DiscoveryTypes.Credential => MayHold(name, scope) ? configuration.Credential(name) : null,
        _ => null,
    };

    /// <summary>A supervisor's catch: what one resource does to the compiler must not end the streams of all who asked for it.</summary>
    private bool Guarded<T>(string type, string name, SubscriberScope scope, out T? result, Func<T?> compile)
        where T : class
    {
        try
        {
            result = compile();
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            DistributeLog.ResourceFailed(logger, type, name, scope.Workload, error);
            result = null;
            return false;
        }
    }

    /// <summary>A private key goes only to the proxy whose own listener names it, or whose own rules make it use it towards somebody.</summary>
    private bool MayHold(string credential, SubscriberScope scope) =>
        (configuration.Workload(scope.Workload) is { } own && own.GatewayListeners.Select(static l => l.Tls).Concat(own.Inbound.Select(static p => p.Tls))
            .Any(t => t is not null && (t.Credentials.Contains(credential) || t.TrustCredential == credential)))
        || configuration.UsesCredential(credential, ScopeOf(scope));

    /// <summary>From the pod as it is now: labels change while a stream is open. A pod deleted meanwhile keeps its last scope.</summary>
    private ClientScope ScopeOf(SubscriberScope scope) => _scopes.GetOrAdd(
        scope.Workload,
        static (_, a) => a.Resources.Find(new ResourceKey("", "Pod", a.Scope.Namespace, a.Scope.Pod)) is { } pod
            ? ClientScope.Of(pod)
            : new ClientScope(a.Scope.Namespace, a.Scope.Labels, a.Scope.IsGateway),
        (Resources, Scope: scope));
}
