using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Weft.Authority;
using Weft.Authority.Issue;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Observe;
using Weft.Protocol.Identity.V1;

namespace Weft.World.Discovery;

/// <summary>The real discovery listener with a real authority, and clients that speak gRPC to it over TLS.</summary>
internal sealed class DiscoveryWorld : IAsyncDisposable
{
    private readonly string _directory;
    private readonly ServiceProvider _services;
    private readonly DiscoveryServer _server;
    private readonly List<IDisposable> _open = [];

    private DiscoveryWorld(string directory)
    {
        _directory = directory;
        Authority = MeshAuthority.Open(new AuthorityOptions { Directory = _directory }, TimeProvider.System, NullLogger.Instance);
        _services = new ServiceCollection()
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton(TimeProvider.System)
            .AddSingleton(Authority)
            .AddSingleton(new ServerIdentity(Authority, TimeProvider.System, []))
            .AddSingleton<MeshFeed>()
            .AddSingleton<Subscribers>()
            .AddSingleton<EdgeBook>()
            .AddSingleton<TapBook>()
            .BuildServiceProvider();
        _server = new DiscoveryServer(new IPEndPoint(IPAddress.Loopback, 0), _services);
    }

    public MeshAuthority Authority { get; }

    public MeshFeed Feed => _services.GetRequiredService<MeshFeed>();

    public Subscribers Subscribers => _services.GetRequiredService<Subscribers>();

    public StaticView View { get; private set; } = StaticView.Empty;

    public static CancellationToken Patience => CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken, new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token).Token;

    public static async Task<DiscoveryWorld> StartAsync(bool loaded = true)
    {
        var world = new DiscoveryWorld(Directory.CreateTempSubdirectory("weft-world-").FullName);
        await world._server.StartAsync(Patience);
        if (loaded)
        {
            world.Publish(v => v);
        }

        return world;
    }

    /// <summary>Another control plane with the same authority, its store not loaded yet.</summary>
    public static async Task<DiscoveryWorld> RestartAsync(DiscoveryWorld before)
    {
        string copy = Directory.CreateTempSubdirectory("weft-world-").FullName;
        foreach (string file in Directory.GetFiles(before._directory))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var world = new DiscoveryWorld(copy);
        await world._server.StartAsync(Patience);
        return world;
    }

    public void Publish(Func<StaticView, StaticView> change)
    {
        View = change(View);
        Feed.Publish(View);
    }

    /// <summary>Registers a pod and returns a certificate that its token gave.</summary>
    public async Task<X509Certificate2> JoinAsync(string ns, string pod, string account)
    {
        Publish(v => v.WithPod(ns, pod, account));
        string token = Authority.Tokens.Mint(new TokenBinding(ns, account, pod, $"uid-{pod}"), TimeSpan.FromMinutes(10)).Text;
        using ECDsa key = NewKey();
        IssueResponse issued = await IssueClient(null).IssueAsync(new IssueRequest { CsrDer = Csr(key), Token = token }, cancellationToken: Patience);
        return WithKey(issued, key);
    }

    public Weft.Protocol.Identity.V1.Authority.AuthorityClient IssueClient(X509Certificate2? certificate) => new(Channel(certificate));

    public DeltaClient Delta(X509Certificate2? certificate)
    {
        var client = new DeltaClient(new Protocol.Discovery.V1.Discovery.DiscoveryClient(Channel(certificate)));
        _open.Add(client);
        return client;
    }

    public static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static ByteString Csr(ECDsa key, string subject = "CN=ignored") =>
        ByteString.CopyFrom(new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequest());

    public static X509Certificate2 WithKey(IssueResponse issued, ECDsa key)
    {
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(issued.ChainDer[0].ToByteArray());
        return leaf.CopyWithPrivateKey(key);
    }

    public async ValueTask DisposeAsync()
    {
        _open.ForEach(o => o.Dispose());
        await _server.StopAsync();
        await _server.DisposeAsync();
        await _services.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public static GrpcChannel Channel(IPEndPoint endPoint, MeshAuthority authority, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, server, chain, _) => IsPinned(server, chain, authority.RootSha256),
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            },
        };
        return GrpcChannel.ForAddress($"https://{endPoint}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    private GrpcChannel Channel(X509Certificate2? certificate)
    {
        GrpcChannel channel = Channel(_server.EndPoint, Authority, certificate);
        _open.Add(channel);
        return channel;
    }

    /// <summary>What a proxy does that knows only the root's hash.</summary>
    private static bool IsPinned(X509Certificate? server, X509Chain? sent, string rootSha256)
    {
        X509Certificate2? root = sent?.ChainPolicy.ExtraStore.FirstOrDefault(c => c.GetCertHashString(HashAlgorithmName.SHA256).Equals(rootSha256, StringComparison.OrdinalIgnoreCase));
        if (root is null || server is not X509Certificate2 leaf)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf) && leaf.MatchesHostname("127.0.0.1");
    }
}
