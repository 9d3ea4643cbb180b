using Google.Protobuf;
using Grpc.Core;
using Weft.Authority;
using Weft.Authority.Issue;
using Weft.Protocol.Identity.V1;
using Weft.Resources;
using Proto = Weft.Protocol.Identity.V1;

namespace Weft.ControlPlane.Distribute;

/// <summary>weft.identity.v1.Authority: a token or the connection's certificate in, a certificate out.</summary>
internal sealed class IssueService(MeshAuthority authority, MeshFeed feed) : Proto.Authority.AuthorityBase
{
    public override async Task<IssueResponse> Issue(IssueRequest request, ServerCallContext context)
    {
        byte[] csr = request.CsrDer.ToByteArray();
        IssueResult result;
        if (request.Token.Length > 0)
        {
            // Waiting for the store here keeps a token from being used up by a control plane that cannot judge it yet.
            await feed.WhenLoadedAsync(context.CancellationToken);
            result = authority.IssueForToken(csr, request.Token, context.Peer, IsCurrent);
        }
        else if (PeerProof.IsPresent(context))
        {
            result = authority.IssueForCertificate(csr, PeerProof.Require(context, authority).Id, context.Peer);
        }
        else
        {
            throw DiscoveryRefused.Unauthenticated("a certificate is issued for a token, or renewed over a connection that presents one; this call has neither");
        }

        return result.Svid is { } svid ? Answer(svid) : throw Refusal(result);
    }

    private bool IsCurrent(TokenBinding binding) =>
        binding.Pod is null
        || (feed.Current.Resources.Find(new ResourceKey("", "Pod", binding.Namespace, binding.Pod)) is { } pod
            && (binding.PodUid is null || pod.Uid == binding.PodUid)
            && NodeAdmission.ServiceAccountOf(pod) == binding.ServiceAccount);

    private IssueResponse Answer(IssuedSvid svid)
    {
        var response = new IssueResponse
        {
            SpiffeId = svid.Id.Text,
            TrustDomain = authority.TrustDomain,
            Namespace = svid.Id.Namespace,
            ServiceAccount = svid.Id.ServiceAccount,
            Pod = svid.Pod,
        };
        response.ChainDer.AddRange(svid.Chain.Select(c => ByteString.CopyFrom(c.RawData)));
        response.TrustBundleDer.AddRange(svid.Bundle.Select(c => ByteString.CopyFrom(c.RawData)));
        return response;
    }

    private static RpcException Refusal(IssueResult result) => result.Refusal switch
    {
        IssueRefusal.BadRequest => DiscoveryRefused.Invalid(result.Message),
        IssueRefusal.NotAllowed => DiscoveryRefused.Denied(result.Message),
        _ => DiscoveryRefused.Unauthenticated(result.Message),
    };
}
