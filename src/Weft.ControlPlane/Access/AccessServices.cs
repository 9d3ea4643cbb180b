using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Weft.ControlPlane.Distribute;

namespace Weft.ControlPlane.Access;

/// <summary>Listeners, authentication and the audit line.</summary>
public static class AccessServices
{
    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(AdminToken.Open(options.TokenPath));
        services.AddSingleton<Door>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<Announcement>();
        services.AddOptions<KestrelServerOptions>().Configure<ServerIdentity>((kestrel, identity) => Listeners.Configure(kestrel, options, identity));
        return services;
    }

    /// <summary>Read downwards: the order in which a request meets them. Everything mapped after is behind the door.</summary>
    public static void UseAccess(this WebApplication app)
    {
        AuditTrail audit = app.Services.GetRequiredService<AuditTrail>();
        Door door = app.Services.GetRequiredService<Door>();
        app.Use(next => context => audit.FollowAsync(context, next));
        app.Use(next => context => door.EnterAsync(context, next));
        app.MapGet("/healthz", () => "ok");
        app.MapGet("/livez", () => "ok");
        app.MapGet("/readyz", () => "ok");
    }
}
