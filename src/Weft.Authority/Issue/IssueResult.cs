using System.Security.Cryptography.X509Certificates;
using Weft.Primitives;

namespace Weft.Authority.Issue;

/// <summary>How an identity was proved.</summary>
public enum IdentityProof
{
    Token,
    Certificate,
}

/// <param name="Chain">Leaf first, without the root.</param>
/// <param name="Bundle">Every root that is valid now.</param>
/// <param name="Pod">The pod the token was bound to; empty for a renewal.</param>
public sealed record IssuedSvid(SpiffeId Id, IReadOnlyList<X509Certificate2> Chain, IReadOnlyList<X509Certificate2> Bundle, string Pod)
{
    public X509Certificate2 Leaf => Chain[0];
}

public enum IssueRefusal
{
    None,

    /// <summary>Nothing proved who asks: no token and no certificate, or a token that is unknown, used or expired.</summary>
    NotProved,

    /// <summary>The request for a certificate itself is wrong.</summary>
    BadRequest,

    /// <summary>Proved, but the pod the token was bound to is gone or another one now.</summary>
    NotAllowed,
}

/// <summary>A certificate, or why not. <paramref name="Message"/> may be shown to the asker.</summary>
public sealed record IssueResult(IssuedSvid? Svid, IssueRefusal Refusal, string Message)
{
    internal static IssueResult Refused(IssueRefusal refusal, string message) => new(null, refusal, message);
}
