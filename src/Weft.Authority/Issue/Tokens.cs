namespace Weft.Authority.Issue;

/// <summary>Whom a token stands for. With a pod, only that incarnation of it: a recreated pod has another uid.</summary>
public sealed record TokenBinding(string Namespace, string ServiceAccount, string? Pod = null, string? PodUid = null);

/// <param name="Text">Shown once, kept nowhere.</param>
/// <param name="Id">For logs and audit; proves nothing.</param>
public sealed record MintedToken(string Text, string Id, DateTimeOffset Expires);

/// <summary>Makes the single-use tokens that workloads exchange for their first certificate (TokenRequest: `kubectl create token`, and each pod that is started).</summary>
public interface ITokenMint
{
    /// <exception cref="TokenLimitException">As many tokens as allowed are outstanding.</exception>
    MintedToken Mint(TokenBinding binding, TimeSpan lifetime);
}

public sealed class TokenLimitException(int outstandingMax)
    : Exception($"{outstandingMax} identity tokens are outstanding and none has expired: wait for some to be used or to expire.");
