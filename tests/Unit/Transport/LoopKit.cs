using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Unit.Transport;

/// <summary>A loop for one test, and the bound on every wait.</summary>
internal sealed class LoopKit : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal LoopKit(int loops = 1, LoopLimits? limits = null)
    {
        Loops = LoopGroup.Start("test", loops, limits);
        foreach (EventLoop loop in Loops.Loops)
        {
            loop.Failed = (name, e) => Failures.Enqueue($"{name}: {e}");
        }
    }

    internal System.Collections.Concurrent.ConcurrentQueue<string> Failures { get; } = new();

    internal LoopGroup Loops { get; }

    internal EventLoop Loop => Loops.Loops[0];

    internal async Task<T> RunAsync<T>(Func<LoopTask<T>> method) => await Loop.InvokeAsync(method).WaitAsync(Patience);

    /// <summary>Accepts on a free port of 127.0.0.1; each connection is served by <paramref name="serve"/>.</summary>
    internal SocketTarget Serve(Func<LoopConnection, LoopTask> serve)
    {
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        SocketTarget target = SocketTarget.Ip(Sockets.LocalAddress(fd)!);
        LoopListener.Start(Loops, fd, c => c.Loop.Supervise(serve(c), "serve"));
        return target;
    }

    internal async LoopTask<LoopConnection> DialAsync(SocketTarget target)
    {
        Outcome<LoopConnection> outcome = await Connector.ConnectAsync(Loop, target, 5_000);
        Assert.True(outcome.TryGet(out LoopConnection? connection), outcome.Fault.ToString());
        return connection;
    }

    public void Dispose()
    {
        Loops.Dispose();
        Assert.Empty(Failures);
    }
}

/// <summary>A throw-away authority with SPIFFE leaves.</summary>
internal sealed class TestAuthority
{
    private readonly X509Certificate2 _root;

    internal TestAuthority(string name = "test root")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    internal string TrustPem => _root.ExportCertificatePem();

    internal string RootSha256 => Convert.ToHexStringLower(SHA256.HashData(_root.RawData));

    internal (string Chain, string Key) Issue(string uri, bool withRoot = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(uri));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = request.Create(_root, _root.NotBefore, _root.NotAfter, RandomNumberGenerator.GetBytes(12));
        string chain = leaf.ExportCertificatePem() + "\n" + (withRoot ? TrustPem : string.Empty);
        return (chain, key.ExportPkcs8PrivateKeyPem());
    }

    internal TlsContextOptions Options(string uri, bool withRoot = false)
    {
        (string chain, string key) = Issue(uri, withRoot);
        return new TlsContextOptions { CertificateChainPem = chain, PrivateKeyPem = key, TrustPem = TrustPem, Alpn = ["weft/1"], AlpnRequired = true };
    }
}
