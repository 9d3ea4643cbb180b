using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Weft.World.LifeCycle;

/// <summary>An application: Kestrel with a port for HTTP/1.1 and one for HTTP/2 without TLS; answers at once, when it is told to, or as a gRPC server would.</summary>
internal sealed class LifeOrigin : IAsyncDisposable
{
    internal const string Answer = "hello";

    private readonly WebApplication _application;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly string? _version;

    private LifeOrigin(WebApplication application, string? version) => (_application, _version) = (application, version);

    internal int Http1Port { get; private set; }

    internal int Http2Port { get; private set; }

    /// <summary>A request for /held has arrived.</summary>
    internal TaskCompletionSource Holding { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="version">What it calls itself in each answer; null: it does not.</param>
    internal static async Task<LifeOrigin> StartAsync(string? version = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
        });
        WebApplication application = builder.Build();
        var origin = new LifeOrigin(application, version);
        application.Run(origin.AnswerAsync);
        await application.StartAsync();
        int[] ports = [.. application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a).Port)];
        (origin.Http1Port, origin.Http2Port) = (ports[0], ports[1]);
        return origin;
    }

    /// <summary>Requests for /held are answered from now on.</summary>
    internal void Release() => _released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/held")
        {
            Holding.TrySetResult();
            await _released.Task;
        }

        if (_version is not null)
        {
            context.Response.Headers["x-version"] = _version;
        }

        if (context.Request.ContentType == "application/grpc")
        {
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Request.Body.CopyToAsync(context.Response.Body);
            context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers["grpc-status"] = "0";
            return;
        }

        context.Response.ContentLength = Answer.Length;
        await context.Response.WriteAsync(Answer);
    }
}
