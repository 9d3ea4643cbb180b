using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Weft.Conformance.Kit;

/// <summary>An application on Kestrel: one port for HTTP/1.1, one for HTTP/2 by prior knowledge. Owned by its maker.</summary>
internal sealed class KestrelOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KestrelOrigin(WebApplication app, int[] ports)
    {
        _app = app;
        (Http1Port, Http2Port) = (ports[0], ports[1]);
    }

    public int Http1Port { get; }

    public int Http2Port { get; }

    public static async Task<KestrelOrigin> StartAsync(Action<IServiceCollection>? services = null, Action<WebApplication>? routes = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Limits.MaxRequestBodySize = null;
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
        });
        services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        app.UseWebSockets();
        Map(app);
        routes?.Invoke(app);
        await app.StartAsync();
        string[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        return new KestrelOrigin(app, [.. addresses.Select(a => new Uri(a).Port)]);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/hello", () => "hello\n");
        app.MapMethods("/echo", ["POST", "PUT"], static async context =>
        {
            context.Response.ContentLength = context.Request.ContentLength;
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        app.MapGet("/chunked", static async context =>
        {
            for (int i = 0; i < 5; i++)
            {
                await context.Response.WriteAsync($"piece {i}\n");
                await context.Response.Body.FlushAsync();
            }
        });
        app.MapMethods("/large/{count:int}", ["GET", "HEAD"], static async (int count, HttpContext context) =>
        {
            byte[] piece = new byte[16 << 10];
            Array.Fill(piece, (byte)'x');
            context.Response.ContentLength = count;
            for (int left = count; left > 0; left -= piece.Length)
            {
                await context.Response.Body.WriteAsync(piece.AsMemory(0, Math.Min(left, piece.Length)));
            }
        });
        app.Map("/socket", EchoMessagesAsync);
    }

    private static async Task EchoMessagesAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[64 << 10];
        while (true)
        {
            ValueWebSocketReceiveResult got = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
        }
    }
}
