using System.Text;
using Weft.Identity;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>The TLS contexts of our identity, swapped whole on rotation; connections keep what they began with. Any thread reads.</summary>
public sealed class MeshTls
{
    /// <summary>ALPN of the connections that carry requests between peers, whatever version they began with: HTTP/2 with words of our own.</summary>
    public const string HttpProtocol = "weft/1";

    /// <summary>ALPN of the leg that carries bytes nobody looks into.</summary>
    public const string TcpProtocol = "weft-tcp";

    /// <summary>As a ClientHello carries it.</summary>
    internal static ReadOnlySpan<byte> HttpProtocolUtf8 => "weft/1"u8;

    /// <summary>As a ClientHello carries it.</summary>
    internal static ReadOnlySpan<byte> TcpProtocolUtf8 => "weft-tcp"u8;

    private volatile Contexts? _current;
    private volatile TlsContextOptions? _material;

    /// <summary>Null before the first identity: nothing is spoken to peers then, and their calls are refused.</summary>
    public Contexts? Current => _current;

    /// <summary>What the contexts are made of, for listeners that use our identity in their own way. Secret: never logged.</summary>
    internal TlsContextOptions? Material => _material;

    /// <summary>Takes a new identity or bundle.</summary>
    public void Replace(WorkloadIdentity identity)
    {
        var chain = new StringBuilder();
        foreach (byte[] certificate in identity.Chain)
        {
            chain.Append(System.Security.Cryptography.PemEncoding.Write("CERTIFICATE", certificate)).Append('\n');
        }

        string key = System.Security.Cryptography.PemEncoding.WriteString("PRIVATE KEY", identity.KeyPkcs8);
        Replace(identity.Id, chain.ToString(), key, identity.Bundle.ToPem());
    }

    public void Replace(SpiffeId self, string chainPem, string keyPem, string trustPem)
    {
        var options = new TlsContextOptions { CertificateChainPem = chainPem, PrivateKeyPem = keyPem, TrustPem = trustPem };
        _material = options;
        _current = new Contexts(
            self,
            TlsContext.Server(options with { Alpn = [HttpProtocol, TcpProtocol], AlpnRequired = true, ClientCertificate = TlsPeerCheck.Required }),
            TlsContext.Client(options with { Alpn = [HttpProtocol] }),
            TlsContext.Client(options with { Alpn = [TcpProtocol] }));
    }

    /// <summary>One identity's contexts. The old ones are freed when the last connection of them is.</summary>
    public sealed record Contexts(SpiffeId Self, TlsContext Server, TlsContext HttpClient, TlsContext TcpClient);
}
