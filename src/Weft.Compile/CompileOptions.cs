namespace Weft.Compile;

/// <summary>What the installation as a whole says; everything else comes from resources.</summary>
public sealed record CompileOptions
{
    public static readonly CompileOptions Default = new();

    /// <summary>Ours; MeshConfig's aliases are added from the resources.</summary>
    public string TrustDomain { get; init; } = "cluster.local";

    /// <summary>The suffix of service names.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The namespace whose Istio policies hold for the whole mesh, and where MeshConfig is.</summary>
    public string IstioRootNamespace { get; init; } = "istio-system";

    /// <summary>What Weft writes as controllerName and answers for in GatewayClasses.</summary>
    public string ControllerName { get; init; } = "weft.dev/gateway-controller";
}
