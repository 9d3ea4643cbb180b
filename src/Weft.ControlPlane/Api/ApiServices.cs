using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Weft.ControlPlane.Admission;
using Weft.ControlPlane.Api.Http;
using Weft.ControlPlane.Api.OpenApi;

namespace Weft.ControlPlane.Api;

/// <summary>The Kubernetes-shaped API: what it needs, and where it is served.</summary>
public static class ApiServices
{
    private const string OpenApiV2Protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    /// <summary>Expects an IResourceStore, an ITokenMint and CompileOptions; takes any number of IAdmissionCheck.</summary>
    public static IServiceCollection AddResourceApi(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CatalogView>();
        services.AddSingleton<IAdmissionCheck, RefusalCheck>();
        services.AddSingleton<IAdmissionCheck, MeshAnalysisCheck>();
        services.AddSingleton<ResourceService>();
        services.AddSingleton<Discovery>();
        services.AddSingleton<OpenApiDocuments>();
        services.AddSingleton<SubresourceHandlers>();
        services.AddSingleton<ApiDispatcher>();
        services.AddHostedService<SeedResources>();
        services.AddHostedService<OwnerCollector>();
        return services;
    }

    public static void MapResourceApi(this IEndpointRouteBuilder routes)
    {
        ApiDispatcher dispatcher = routes.ServiceProvider.GetRequiredService<ApiDispatcher>();
        OpenApiDocuments openApi = routes.ServiceProvider.GetRequiredService<OpenApiDocuments>();
        routes.Map("/api/{**path}", dispatcher.HandleAsync);
        routes.Map("/apis/{**path}", dispatcher.HandleAsync);
        routes.MapGet("/version", context => Answer.JsonAsync(context, 200, Version()));
        routes.MapGet("/openapi/v2", context => OpenApiV2Async(context, openApi));
        routes.MapGet("/openapi/v3", context => Answer.JsonAsync(context, 200, openApi.Index()));
        routes.MapGet("/openapi/v3/{**path}", (HttpContext context, string path) => openApi.Group(path) is { } document
            ? Answer.BytesAsync(context, 200, document) : Answer.RefusalAsync(context, Refusals.NoSuchPath()));
        routes.MapGet("/", context => Answer.JsonAsync(context, 200,
            new JsonObject { ["paths"] = new JsonArray("/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version") }));
    }

    private static Task OpenApiV2Async(HttpContext context, OpenApiDocuments openApi) =>
        context.Request.Headers.Accept.ToString().Contains("proto-openapi.spec.v2", StringComparison.Ordinal)
            ? Answer.BytesAsync(context, 200, openApi.V2Protobuf(), OpenApiV2Protobuf)
            : Answer.BytesAsync(context, 200, openApi.V2Json());

    /// <summary>The Kubernetes version whose API this follows: clients compare it with their own.</summary>
    private static JsonObject Version()
    {
        string weft = typeof(ApiServices).Assembly.GetName().Version?.ToString(3) ?? "0";
        return new JsonObject
        {
            ["major"] = "1",
            ["minor"] = "32",
            ["gitVersion"] = $"v1.32.0+weft-{weft}",
            ["gitCommit"] = "",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "",
            ["goVersion"] = "",
            ["compiler"] = "",
            ["platform"] = "linux/amd64",
        };
    }
}
