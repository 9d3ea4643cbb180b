using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>
/// One pod of the suite's echo image, as far as its tests look: answers what it was asked as JSON, fails and delays when told
/// to, echoes WebSocket messages; with GRPC_ECHO_SERVER it serves the gRPC echo instead, with TCP_ECHO_SERVER lines over TCP.
/// Ports are those of the image.
/// </summary>
internal sealed class EchoPod : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EchoIdentity _identity;
    private readonly ConcurrentDictionary<string, int> _failed = new(StringComparer.Ordinal);

    private EchoPod(EchoIdentity identity, EchoPlan plan)
    {
        _identity = identity;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach ((int port, EchoKind kind) in plan.Ports)
            {
                kestrel.Listen(plan.Address, port, listen => Listen(listen, kind, plan.Certificate));
            }
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(context => context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true ? GrpcEcho.AnswerAsync(context, identity) : AnswerAsync(context));
    }

    /// <summary>Request targets in the order they came.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    public EchoIdentity Identity => _identity;

    public static async Task<EchoPod> StartAsync(EchoIdentity identity, EchoPlan plan)
    {
        var pod = new EchoPod(identity, plan);
        await pod._app.StartAsync();
        return pod;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true)); // open requests are the tests' own
        await _app.DisposeAsync();
    }

    private void Listen(ListenOptions listen, EchoKind kind, X509Certificate2? certificate)
    {
        listen.Protocols = kind is EchoKind.ClearHttp2 ? HttpProtocols.Http2 : kind is EchoKind.Http ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (kind is EchoKind.Https or EchoKind.TcpOverTls && certificate is not null)
        {
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = certificate,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = static (_, _, _) => true,
            });
        }

        if (kind is EchoKind.Tcp or EchoKind.TcpOverTls)
        {
            listen.Run(connection => TcpEcho.RunAsync(connection, _identity));
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Received.Enqueue(target);
        string path = context.Request.Path.Value ?? "/";
        if (context.WebSockets.IsWebSocketRequest)
        {
            await EchoWebSocketAsync(context);
            return;
        }

        if (path.StartsWith("/status/", StringComparison.Ordinal) && int.TryParse(path["/status/".Length..], out int status))
        {
            context.Response.StatusCode = status;
            return;
        }

        if (path.StartsWith("/retry/", StringComparison.Ordinal) && await FailAsync(context))
        {
            return;
        }

        if (context.Request.Query["delay"].ToString() is { Length: > 0 } delay)
        {
            await WaitAsync(delay, context.RequestAborted);
        }

        foreach (string header in context.Request.Headers["X-Echo-Set-Header"].SelectMany(v => (v ?? "").Split(',')).Where(h => h.Contains(':')))
        {
            int colon = header.IndexOf(':');
            context.Response.Headers.Append(header[..colon].Trim(), header[(colon + 1)..].Trim());
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(EchoAnswer.Of(context, target, _identity).ToJsonString(), context.RequestAborted);
    }

    /// <summary>Fails the first `succeedAfter` requests that carry one `uuid`: with `responseCode`, or by resetting the connection.</summary>
    private async Task<bool> FailAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        int.TryParse(query["succeedAfter"], NumberStyles.None, CultureInfo.InvariantCulture, out int wanted);
        if (_failed.AddOrUpdate(query["uuid"].ToString(), 1, static (_, times) => times + 1) > wanted)
        {
            return false;
        }

        if (query["delayRetry"].ToString() is { Length: > 0 } delay)
        {
            await WaitAsync(delay, context.RequestAborted);
        }

        if (int.TryParse(query["responseCode"], NumberStyles.None, CultureInfo.InvariantCulture, out int code))
        {
            context.Response.StatusCode = code;
        }
        else
        {
            context.Abort();
        }

        return true;
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[4096];
        while (true)
        {
            System.Net.WebSockets.WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (got.MessageType == System.Net.WebSockets.WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
        }
    }

    /// <summary>What the client asked for ("1s", "300ms"): this is the slow server that timeouts are tested with.</summary>
    private static async Task WaitAsync(string duration, CancellationToken ct)
    {
        double milliseconds = duration.EndsWith("ms", StringComparison.Ordinal)
            ? double.Parse(duration[..^2], CultureInfo.InvariantCulture)
            : double.Parse(duration[..^1], CultureInfo.InvariantCulture) * 1000;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds));
        try
        {
            await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            // the client is gone: nobody waits for the answer
        }
    }
}
