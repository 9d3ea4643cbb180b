using System.Text;
using Weft.Http;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Workloads;
using Weft.Transport;

namespace Weft.Proxy.Forwarding;

/// <summary>TLS towards servers outside the mesh, as a cluster's configuration asks for it. One per loop; contexts live as long as their configuration is in use.</summary>
internal sealed class OriginTls
{
    /// <summary>Configurations remembered; above it all are made anew, which costs a handshake's time.</summary>
    private const int ContextsMax = 256;

    private readonly Dictionary<(UpstreamTlsModel Model, CredentialModel? Credential, bool IsHttp2), TlsContext?> _contexts = [];

    /// <param name="host">Whom the client asks for: the name of a service that is a wildcard and has none of its own.</param>
    internal Fault Describe(ClusterConfig config, SocketTarget target, ReadOnlySpan<byte> host, ref UpstreamChoice choice)
    {
        UpstreamTlsModel tls = config.Tls;
        CredentialModel? credential = tls.Credential?.Model;
        if (credential is null && (tls.Credential is not null || tls.Mode is UpstreamTls.Types.Mode.Mutual))
        {
            return Fault.UpstreamHandshakeFailed; // a cluster is loaded when its credential is: this one does not exist, or is not for us
        }

        if (!_contexts.TryGetValue((tls, credential, choice.IsHttp2), out TlsContext? context))
        {
            if (_contexts.Count >= ContextsMax)
            {
                _contexts.Clear();
            }

            context = TryCreate(tls, credential, choice.IsHttp2);
            _contexts.Add((tls, credential, choice.IsHttp2), context);
        }

        if (context is null)
        {
            return Fault.UpstreamHandshakeFailed;
        }

        bool isWild = tls.ServerName is null && config.Service.StartsWith('*');
        if (choice.Key.Own == context && !isWild)
        {
            return Fault.None; // described before, and nothing has changed
        }

        if (isWild && host.IsEmpty)
        {
            return Fault.UpstreamHandshakeFailed; // no name to ask for, and none to verify
        }

        string name = isWild ? Encoding.ASCII.GetString(host) : tls.ServerName ?? config.Service;
        choice = choice with
        {
            Key = new ConnectionKey(target, context, null, name, choice.Key.Owner),
            VerifyName = tls.SkipVerification ? null : name,
        };
        return Fault.None;
    }

    private static TlsContext? TryCreate(UpstreamTlsModel tls, CredentialModel? credential, bool isHttp2)
    {
        bool isMutual = tls.Mode is UpstreamTls.Types.Mode.Mutual;
        try
        {
            return TlsContext.Client(new TlsContextOptions
            {
                CertificateChainPem = isMutual ? credential?.CertificatePem : null,
                PrivateKeyPem = isMutual ? credential?.PrivateKeyPem : null,
                TrustPem = tls.TrustPem ?? credential?.TrustPem,
                CrlPem = credential?.CrlPem,
                SystemTrust = tls.TrustPem is null && credential?.TrustPem is null,
                SkipVerification = tls.SkipVerification,
                PeerNames = tls.SkipVerification ? [] : tls.SubjectAltNames,
                Alpn = [isHttp2 ? "h2" : "http/1.1"],
                VersionMin = TlsVersion.Tls12,
            });
        }
        catch (InvalidDataException)
        {
            return null; // the resource's own status says what is wrong with it; here its requests fail by name
        }
    }
}
