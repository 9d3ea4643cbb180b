using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Weft.Proxy.Static;

namespace Weft.World.DataPath.Faults;

/// <summary>A peer of the mesh that is not a Weft proxy.</summary>
internal static class FaultTls
{
    internal static SslClientAuthenticationOptions Client(PathAuthority authority)
    {
        StaticIdentity identity = authority.Issue("web");
        return new SslClientAuthenticationOptions
        {
            TargetHost = "p9080.weft",
            ApplicationProtocols = [new SslApplicationProtocol(PathKit.PeerProtocol)],
            ClientCertificates = [X509Certificate2.CreateFromPem(identity.CertificateChainPem, identity.PrivateKeyPem)],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        };
    }
}
