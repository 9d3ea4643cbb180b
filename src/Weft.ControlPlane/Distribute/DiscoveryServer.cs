using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Authority;
using Weft.Primitives;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// The listener that proxies talk to (15012): HTTP/2 over TLS 1.3, a Kestrel of its own, so that nothing of the API or
/// the page can be reached through it. A client certificate is asked for; each service says whether it needs one.
/// </summary>
internal sealed class DiscoveryServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MeshAuthority _authority;
    private readonly ServerIdentity _identity;
    private readonly ILogger _logger;

    public DiscoveryServer(IPEndPoint endPoint, IServiceProvider services)
    {
        _authority = services.GetRequiredService<MeshAuthority>();
        _identity = services.GetRequiredService<ServerIdentity>();
        _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<DiscoveryServer>();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(services.GetRequiredService<ILoggerFactory>());
        DiscoveryParts.Share(services, builder.Services);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(static o => o.MaxReceiveMessageSize = 4 << 20);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxConcurrentConnections = 20_000;
            k.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(15);  // a dead host is noticed without traffic
            k.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            k.Listen(endPoint, Listen);
        });
        _app = builder.Build();
        _app.UseRouting();
        DiscoveryParts.Map(_app);
    }

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    public async Task StartAsync(CancellationToken ct)
    {
        await _app.StartAsync(ct);
        var address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        EndPoint = new IPEndPoint(IPAddress.Parse(address.Host.Trim('[', ']')), address.Port);
        DistributeLog.Listening(_logger, EndPoint.ToString());
    }

    /// <summary>Streams never end by themselves, so stopping does not wait for them: proxies reconnect and run on meanwhile.</summary>
    public async Task StopAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(atOnce.Token);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = TimeSpan.FromSeconds(10),
            OnConnection = context => ValueTask.FromResult(Handshake(context.Connection)),
        });
    }

    private SslServerAuthenticationOptions Handshake(ConnectionContext connection) => new()
    {
        ServerCertificateContext = _identity.Current,
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        ClientCertificateRequired = true, // "asked for"; the callback accepts none, services that need one refuse
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => Accepts(connection, certificate, chain),
    };

    private bool Accepts(ConnectionContext connection, X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is not X509Certificate2 leaf)
        {
            return certificate is null;
        }

        var sent = new X509Certificate2Collection(chain?.ChainPolicy.ExtraStore.ToArray() ?? []);
        if (!_authority.TryVerifyPeer(leaf, sent, out SpiffeId? _, out string refusal))
        {
            DistributeLog.HandshakeRefused(_logger, connection.RemoteEndPoint?.ToString() ?? "", refusal);
            return false;
        }

        connection.Features.Set(new SentChain(sent));
        return true;
    }
}
