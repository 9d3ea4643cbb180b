using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.World.Proxy;

namespace Weft.World.Keys;

/// <summary>A token issuer's web server on a free port: a page per path, which the test changes.</summary>
internal sealed class IssuerServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, (int Status, string Body)> _pages = new(StringComparer.Ordinal);

    private IssuerServer(WebApplication app) => _app = app;

    /// <summary>"http://localhost:1234", without a slash at its end.</summary>
    public string Url { get; private set; } = "";


    /// <param name="authority">With it the server speaks https, as "localhost".</param>
    public static async Task<IssuerServer> StartAsync(TestAuthority? authority = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (authority is not null)
            {
                listen.UseHttps(authority.Issue("localhost"));
            }
        }));
        if (authority is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        WebApplication app = builder.Build();
        var server = new IssuerServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        int port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        server.Url = $"{(authority is null ? "http" : "https")}://localhost:{port}";
        return server;
    }

    /// <summary>What a path answers from now on; 302 goes to its body. Others are 404.</summary>
    public void Set(string path, int status, string body) => _pages[path] = (status, body);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        (int status, string body) = _pages.GetValueOrDefault(context.Request.Path.Value!, (404, ""));
        context.Response.StatusCode = status;
        if (status == 302)
        {
            context.Response.Headers.Location = body;
            return;
        }

        await context.Response.WriteAsync(body);
    }
}
