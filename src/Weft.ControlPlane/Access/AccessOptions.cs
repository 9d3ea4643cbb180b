using System.Net;
using Weft.Primitives;

namespace Weft.ControlPlane.Access;

/// <summary>Where the API listens and where its credentials are kept.</summary>
public sealed record AccessOptions(WeftHome Home, IPEndPoint Api)
{
    /// <summary>The admin's token; made at the first start, 0600.</summary>
    public string TokenPath => Path.Combine(Home.Path, "admin.token");
}
