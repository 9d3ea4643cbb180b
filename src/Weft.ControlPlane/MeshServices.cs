using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Authority;
using Weft.Authority.Issue;
using Weft.Compile;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Keys;
using Weft.ControlPlane.Observe;
using Weft.ControlPlane.Registry;
using Weft.ControlPlane.Rollouts;
using Weft.ControlPlane.Workloads;

namespace Weft.ControlPlane;

/// <summary>
/// The mesh half of the control plane: authority, discovery, registry, workloads, traffic. The host adds an
/// IResourceStore; it gets <see cref="ServerIdentity"/> for its own listener, <see cref="ITokenMint"/> for TokenRequest
/// and <see cref="MeshHost"/> to know where discovery listens.
/// </summary>
public static class MeshServices
{
    public static IServiceCollection AddMesh(this IServiceCollection services, MeshOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(new CompileOptions { TrustDomain = options.Authority.TrustDomain, ClusterDomain = options.ClusterDomain });
        services.AddSingleton(s => MeshAuthority.Open(
            options.Authority, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>().CreateLogger<MeshAuthority>()));
        services.AddSingleton(s => s.GetRequiredService<MeshAuthority>().Tokens);
        services.AddSingleton(s => new ServerIdentity(s.GetRequiredService<MeshAuthority>(), s.GetRequiredService<TimeProvider>(), [options.Discovery.Address]));
        services.AddSingleton(options.Keys);
        services.AddSingleton<JwksBook>();
        services.AddSingleton<JwksFetcher>();
        services.AddSingleton<MeshInputs>();
        services.AddSingleton<MeshFeed>();
        services.AddSingleton<Subscribers>();
        services.AddSingleton<EdgeBook>();
        services.AddSingleton<TapBook>();
        services.AddSingleton<MeshStatus>();
        services.TryAddSingleton<IPodCreator, AdmittedPodCreator>();
        services.AddSingleton<MeshHost>();

        // In this order: the view is there before anybody asks for it.
        services.AddHostedService<MeshLoop>();
        services.AddHostedService<PodRegistry>();
        services.AddHostedService<DeploymentController>();
        services.AddHostedService<StatusWriter>();
        services.AddHostedService<JwksLoop>();
        services.AddSingleton<IRolloutSignals, TrafficSignals>();
        services.AddHostedService<RolloutController>();
        services.AddHostedService(s => s.GetRequiredService<MeshHost>());
        return services;
    }

    /// <summary>Maps /weft/v1/{status,proxies,edges,stat,map,live,snapshot,tap,prometheus/targets}; the caller guards them.</summary>
    public static void MapMeshViews(this IEndpointRouteBuilder routes) => MeshViews.Map(routes);
}
