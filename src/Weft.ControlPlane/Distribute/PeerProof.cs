using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Weft.Authority;
using Weft.Primitives;

namespace Weft.ControlPlane.Distribute;

/// <summary>Who is at the other end of a connection, from its certificate and nothing else.</summary>
internal static class PeerProof
{
    /// <summary>The verified identity of the connection; verified again for each call, because trust may have changed since the handshake.</summary>
    public static (SpiffeId Id, DateTimeOffset NotAfter) Require(ServerCallContext context, MeshAuthority authority)
    {
        X509Certificate2? certificate = context.GetHttpContext().Connection.ClientCertificate;
        if (certificate is null)
        {
            throw DiscoveryRefused.Unauthenticated("this call needs a client certificate of the mesh: exchange a token for one with weft.identity.v1.Authority/Issue first");
        }

        return authority.TryVerifyPeer(certificate, Intermediates(context.GetHttpContext()), out SpiffeId? id, out string refusal)
            ? (id, certificate.NotAfter.ToUniversalTime())
            : throw DiscoveryRefused.Unauthenticated($"the client certificate is not accepted: {refusal}");
    }

    public static bool IsPresent(ServerCallContext context) => context.GetHttpContext().Connection.ClientCertificate is not null;

    private static X509Certificate2Collection? Intermediates(HttpContext http) => http.Features.Get<SentChain>()?.Certificates;
}

/// <summary>Intermediates the peer sent in its handshake, kept with the connection.</summary>
internal sealed record SentChain(X509Certificate2Collection Certificates);
