using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Weft.ControlPlane.Access;
using Weft.ControlPlane.Api;
using Weft.Resources;

namespace Weft.ControlPlane;

/// <summary>The control plane's composition: the host and the tests run the same.</summary>
public static class ControlPlaneApp
{
    /// <summary>Read downwards: what each part adds.</summary>
    public static WebApplicationBuilder CreateBuilder(AccessOptions access, MeshOptions mesh, IResourceStore store)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(store);
        builder.Services.AddResourceApi();
        builder.Services.AddMesh(mesh);
        builder.Services.AddAccess(access);
        return builder;
    }

    /// <summary>Read downwards: the order in which a request meets the parts.</summary>
    public static void Map(WebApplication app)
    {
        app.UseAccess();
        app.MapResourceApi();
        app.MapMeshViews();
    }
}
