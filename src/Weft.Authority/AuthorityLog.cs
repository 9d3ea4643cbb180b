using Microsoft.Extensions.Logging;
using Weft.Authority.Issue;

namespace Weft.Authority;

/// <summary>Ids 5000-5049. Never reused. 5001 and 5002 are the audit trail of identities.</summary>
internal static partial class AuthorityLog
{
    [LoggerMessage(5000, LogLevel.Information, "Founded the authority of {TrustDomain}: root {Sha256}, valid until {NotAfter:u}.")]
    internal static partial void Founded(ILogger logger, string trustDomain, string sha256, DateTimeOffset notAfter);

    [LoggerMessage(5001, LogLevel.Information, "Issued {SpiffeId} serial {Serial} valid until {NotAfter:u}, proved by {Proof}, to {Peer}.")]
    internal static partial void Issued(ILogger logger, string spiffeId, string serial, DateTimeOffset notAfter, IdentityProof proof, string peer);

    [LoggerMessage(5002, LogLevel.Warning, "Refused a certificate to {Peer}: {Reason}.")]
    internal static partial void Refused(ILogger logger, string peer, string reason);

    [LoggerMessage(5003, LogLevel.Information, "Roots are now: {Roots}.")]
    internal static partial void Rotated(ILogger logger, string roots);
}
