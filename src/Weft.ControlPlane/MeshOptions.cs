using System.Net;
using Weft.Authority;
using Weft.ControlPlane.Keys;

namespace Weft.ControlPlane;

/// <summary>What the mesh half of the control plane is started with.</summary>
public sealed record MeshOptions
{
    public required AuthorityOptions Authority { get; init; }

    /// <summary>Where proxies connect; port 0 takes a free one, see <see cref="MeshHost.Discovery"/>.</summary>
    public required IPEndPoint Discovery { get; init; }

    /// <summary>Keys of token issuers.</summary>
    public JwksOptions Keys { get; init; } = new();

    public string ClusterDomain { get; init; } = "cluster.local";
}
