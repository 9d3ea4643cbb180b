using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weft.Authority;
using Weft.ControlPlane.Observe;

namespace Weft.ControlPlane.Distribute;

/// <summary>What the discovery listener is composed of.</summary>
internal static class DiscoveryParts
{
    /// <summary>The listener has a container of its own; these singletons are the control plane's.</summary>
    public static void Share(IServiceProvider from, IServiceCollection to)
    {
        to.AddSingleton(from.GetRequiredService<MeshAuthority>());
        to.AddSingleton(from.GetRequiredService<MeshFeed>());
        to.AddSingleton(from.GetRequiredService<Subscribers>());
        to.AddSingleton(from.GetRequiredService<TimeProvider>());
        to.AddSingleton(from.GetRequiredService<EdgeBook>());
        to.AddSingleton(from.GetRequiredService<TapBook>());
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<IssueService>();      // a token or a certificate
        routes.MapGrpcService<DiscoveryService>();  // a certificate
        routes.MapGrpcService<TelemetryService>();  // a certificate
    }
}
