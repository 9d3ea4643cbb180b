using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Weft.Conformance.GatewayApi.Kit;

namespace Weft.Conformance.Live.Kit;

/// <summary>
/// The applications of all rows: one listener for each place that configuration names, started when it is first needed and kept
/// for the rows after it. What each was asked is found again by the id that the request carries.
/// </summary>
internal sealed class LiveBackends(LiveAuthority authority) : IAsyncDisposable
{
    public const string IdHeader = "x-live-id";

    /// <summary>Answer with this status.</summary>
    public const string StatusHeader = "x-live-status";

    /// <summary>Answer with this field: "name: value".</summary>
    public const string AnswerHeader = "x-live-answer";

    /// <summary>Do not answer at all.</summary>
    public const string HoldHeader = "x-live-hold";

    /// <summary>Wait at this gate before the answer.</summary>
    public const string GateHeader = "x-live-gate";

    private readonly ConcurrentDictionary<(string Place, EchoKind Kind, string Names), Lazy<Task<(WebApplication App, IPEndPoint At)>>> _running = new();
    private readonly ConcurrentDictionary<string, LiveGate> _gates = new(StringComparer.Ordinal);
    private readonly Lazy<string> _sockets = new(static () => Directory.CreateTempSubdirectory("weft-live-").FullName);

    public Sightings Sightings { get; } = new();

    /// <summary>Requests that name the gate in <see cref="GateHeader"/> are answered once so many are there.</summary>
    public LiveGate Gate(int requests)
    {
        var gate = new LiveGate(Guid.NewGuid().ToString("N"), requests, g => _gates.TryRemove(g.Name, out _));
        _gates[gate.Name] = gate;
        return gate;
    }

    /// <summary>Where the application of a place ("10.0.1.1:9080") listens really.</summary>
    public async Task<IPEndPoint> AtAsync(string place, EchoKind kind, string[] names, IPEndPoint? wanted = null) =>
        (await _running.GetOrAdd((place, kind, string.Join(',', names)), _ => new(() => ListenAsync(place, kind, names, wanted ?? new IPEndPoint(IPAddress.Loopback, 0)))).Value).At;

    /// <summary>Where the application of a place with a unix socket ("10.0.1.1 /run/app.sock") has it really. It need not run yet.</summary>
    public string SocketOf(string place) => Path.Combine(_sockets.Value, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(place)))[..16]);

    public async Task StartAtSocketAsync(string place, EchoKind kind) =>
        await _running.GetOrAdd((place, kind, ""), _ => new(async () => (await StartAsync(place, kind, [], new UnixDomainSocketEndPoint(SocketOf(place))), new IPEndPoint(IPAddress.None, 0)))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<(WebApplication App, IPEndPoint At)>> running in _running.Values)
        {
            WebApplication app = (await running.Value).App;
            await app.StopAsync(new CancellationToken(canceled: true)); // open requests are the tests' own
            await app.DisposeAsync();
        }

        if (_sockets.IsValueCreated)
        {
            Directory.Delete(_sockets.Value, recursive: true);
        }
    }

    private async Task<(WebApplication App, IPEndPoint At)> ListenAsync(string place, EchoKind kind, string[] names, IPEndPoint at)
    {
        WebApplication app = await StartAsync(place, kind, names, at);
        return (app, new IPEndPoint(at.Address, new Uri(app.Urls.Single()).Port));
    }

    private async Task<WebApplication> StartAsync(string place, EchoKind kind, string[] names, EndPoint at)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(at, listen => Configure(listen, place, kind, names)));
        WebApplication app = builder.Build();
        app.Run(context => AnswerAsync(context, place));
        await app.StartAsync();
        return app;
    }

    private void Configure(ListenOptions listen, string place, EchoKind kind, string[] names)
    {
        listen.Protocols = kind is EchoKind.ClearHttp2 ? HttpProtocols.Http2 : kind is EchoKind.Http ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (kind is EchoKind.Https or EchoKind.TcpOverTls)
        {
            X509Certificate2 certificate = authority.Certificate(names);
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = certificate,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                ClientCertificateValidation = static (_, _, _) => true,
            });
        }

        if (kind is EchoKind.Tunnel)
        {
            listen.Run(LiveTunnel.RunAsync);
        }

        if (kind is EchoKind.Tcp or EchoKind.TcpOverTls)
        {
            listen.Run(connection => TcpEcho.RunAsync(connection, new EchoIdentity("", place)));
        }
    }

    private async Task AnswerAsync(HttpContext context, string place)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Sightings.Add(context.Request.Headers[IdHeader].ToString(), new Sighting(place, EchoAnswer.Of(context, target, new EchoIdentity("", place))));
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        if (context.Request.Headers.ContainsKey(HoldHeader))
        {
            var gone = new TaskCompletionSource();
            await using CancellationTokenRegistration _ = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return;
        }

        if (_gates.TryGetValue(context.Request.Headers[GateHeader].ToString(), out LiveGate? gate))
        {
            await gate.PassAsync(context.RequestAborted);
        }

        foreach (string? field in context.Request.Headers[AnswerHeader].SelectMany(f => f?.Split(',') ?? []))
        {
            int colon = field!.IndexOf(':');
            context.Response.Headers.Append(field[..colon].Trim(), field[(colon + 1)..].Trim());
        }

        if (int.TryParse(context.Request.Headers[StatusHeader].ToString(), out int status))
        {
            context.Response.StatusCode = status;
        }

        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "0"; // trailers only
            return;
        }

        context.Response.ContentLength = 0;
    }
}
