using Weft.Compile.Clusters;
using Weft.Compile.GatewayApi;
using Weft.Compile.Istio;
using Weft.Compile.Registry;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>What every compiler of one snapshot looks things up in. Built once, then only read.</summary>
internal sealed class MeshIndex
{
    public MeshIndex(ResourceSnapshot snapshot, CompileOptions options, IssuerKeys? keys = null)
    {
        Snapshot = snapshot;
        Options = options;
        Keys = keys;
        Settings = MeshSettings.Read(snapshot, options);
        Registry = new MeshRegistry(snapshot, options.ClusterDomain);
        VirtualServices = new VirtualServiceIndex(snapshot, options.ClusterDomain);
        DestinationRules = new DestinationRuleIndex(snapshot, options);
        Sidecars = new SidecarIndex(snapshot, options);
        Endpoints = new EndpointCollector(Registry, options.TrustDomain);
        Grants = new ReferenceGrants(snapshot);
        BackendTls = new BackendTlsPolicies(snapshot);
        BackendTraffic = new BackendTrafficPolicies(snapshot);
        Backends = new BackendPolicies(snapshot);
        GatewayRoutes = new ServiceRoutes(snapshot, new BackendResolver(Registry, Grants, options.ClusterDomain, needsGrant: false));
    }

    public ResourceSnapshot Snapshot { get; }

    public CompileOptions Options { get; }

    /// <summary>Null: nobody fetches any here, as with files.</summary>
    public IssuerKeys? Keys { get; }

    public MeshSettings Settings { get; }

    public MeshRegistry Registry { get; }

    public VirtualServiceIndex VirtualServices { get; }

    public DestinationRuleIndex DestinationRules { get; }

    public SidecarIndex Sidecars { get; }

    public EndpointCollector Endpoints { get; }

    public ReferenceGrants Grants { get; }

    public BackendTlsPolicies BackendTls { get; }

    public BackendTrafficPolicies BackendTraffic { get; }

    public BackendPolicies Backends { get; }

    /// <summary>Gateway API routes with a service for a parent.</summary>
    public ServiceRoutes GatewayRoutes { get; }

    /// <summary>Who routes a host for a client, best first. One in a namespace that the client's Sidecar does not import does not hold for it.</summary>
    public IEnumerable<VirtualServiceConfig> VirtualServicesFor(string host, uint port, ClientScope scope) =>
        VirtualServices.ForMesh(host, scope.Namespace).Where(v => Sidecars.Imports(scope, v.Resource.Namespace, host, port));

    public IstioNames NamesFor(string ns) => new(Options.ClusterDomain, host => Registry.Resolve(host, ns));

    /// <summary>The namespace label that takes another system's defaults; empty for Weft's.</summary>
    public string DefaultsOf(string ns) =>
        Snapshot.Find(new ResourceKey("", "Namespace", "", ns))?.Labels.GetValueOrDefault("weft.dev/defaults", "") ?? "";
}
