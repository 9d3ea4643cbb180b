using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Protocol.Discovery.V1;
using Weft.Protocol.Identity.V1;
using AuthorityService = Weft.Protocol.Identity.V1.Authority;
using DiscoveryService = Weft.Protocol.Discovery.V1.Discovery;

namespace Weft.World.Proxy;

/// <summary>Kestrel with Grpc.AspNetCore and the services that proxies call, on a free port: somebody else's HTTP/2 and gRPC to test ours against.</summary>
internal sealed class GrpcServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcServer(WebApplication app, int port)
    {
        _app = app;
        Port = port;
    }

    internal int Port { get; }

    internal static async Task<GrpcServer> StartAsync(TestAuthority? authority = null, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (authority is not null)
            {
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = authority.Issue("control.weft");
                    https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => authority.Signed(certificate);
                });
            }
        }));
        if (authority is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        WebApplication app = builder.Build();
        app.MapGrpcService<EchoAuthority>();
        app.MapGrpcService<EchoDiscovery>();
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new GrpcServer(app, new Uri(address).Port);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>The token says what shall happen.</summary>
    private sealed class EchoAuthority : AuthorityService.AuthorityBase
    {
        public override async Task<IssueResponse> Issue(IssueRequest request, ServerCallContext context)
        {
            switch (request.Token)
            {
                case "refuse":
                    context.ResponseTrailers.Add("x-why", "spent");
                    throw new RpcException(new Status(StatusCode.PermissionDenied, "token spent: ütf-8 100%"));
                case "hang":
                    await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
                    break;
            }

            X509Certificate2? client = await context.GetHttpContext().Connection.GetClientCertificateAsync();
            return new IssueResponse
            {
                SpiffeId = client?.Subject ?? "nobody",
                Pod = context.RequestHeaders.GetValue("x-pod") ?? string.Empty,
                ChainDer = { request.CsrDer },
            };
        }
    }

    private sealed class EchoDiscovery : DiscoveryService.DiscoveryBase
    {
        public override async Task Delta(IAsyncStreamReader<DeltaRequest> requests, IServerStreamWriter<DeltaResponse> responses, ServerCallContext context)
        {
            await foreach (DeltaRequest request in requests.ReadAllAsync(context.CancellationToken))
            {
                await responses.WriteAsync(new DeltaResponse { Type = request.Type, Nonce = request.ResponseNonce, Removed = { request.Subscribe } });
            }
        }
    }
}

/// <summary>A root and the certificates it signs, for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _root;

    internal TestAuthority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
    }

    internal string RootPem => _root.ExportCertificatePem();

    internal X509Certificate2 Issue(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        byte[] serial = RandomNumberGenerator.GetBytes(12);
        using X509Certificate2 signed = request.Create(_root, DateTimeOffset.UtcNow.AddMinutes(-30), DateTimeOffset.UtcNow.AddMinutes(30), serial);
        return signed.CopyWithPrivateKey(key);
    }

    internal bool Signed(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    public void Dispose() => _root.Dispose();
}
