using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Weft.Authority.Issue;
using Weft.Authority.Keep;
using Weft.Authority.Rotate;
using Weft.Primitives;

namespace Weft.Authority;

/// <summary>
/// The mesh's certificate authority: one per control plane. Identity comes only from proof: a single-use token that the
/// control plane itself bound, or a valid certificate being renewed. Thread-safe; readers see an immutable list of roots.
/// </summary>
public sealed class MeshAuthority
{
    /// <summary>Identities of this namespace are the control plane's own; proxies trust them to configure them.</summary>
    public const string SystemNamespace = "weft-system";

    private readonly Lock _gate = new();
    private readonly AuthorityOptions _options;
    private readonly AuthorityKeep _keep;
    private readonly TokenBook _tokens;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile IReadOnlyList<SigningRoot> _roots;

    private MeshAuthority(AuthorityOptions options, AuthorityKeep keep, IReadOnlyList<SigningRoot> roots, TimeProvider time, ILogger logger)
    {
        _options = options;
        _keep = keep;
        _roots = roots;
        _time = time;
        _logger = logger;
        _tokens = new TokenBook(keep.TokenFile, options.TokensOutstandingMax, time);
    }

    public string TrustDomain => _options.TrustDomain;

    public TimeSpan SvidLifetime => _options.SvidLifetime;

    public ITokenMint Tokens => _tokens;

    /// <summary>Every root that is valid now: the signing one first, then announced and retiring ones.</summary>
    public IReadOnlyList<X509Certificate2> TrustBundle => [.. _roots.OrderBy(r => r.Phase != RootPhase.Signing).Select(r => r.Root)];

    /// <summary>What a joining workload pins, lower-case hexadecimal.</summary>
    public string RootSha256 => Signing.Sha256;

    public IReadOnlyList<RootDescription> Roots => [.. _roots.Select(r => new RootDescription(r.Sha256, r.Phase, r.Since, r.Root.NotAfter.ToUniversalTime()))];

    /// <summary>Raised, outside any lock, after the bundle or the signing root changed.</summary>
    public event Action? Changed;

    private SigningRoot Signing => _roots.First(r => r.Phase == RootPhase.Signing);

    /// <summary>Loads the authority of a directory, or founds it there.</summary>
    /// <exception cref="AuthorityDamagedException">Its files are there but cannot be used.</exception>
    public static MeshAuthority Open(AuthorityOptions options, TimeProvider time, ILogger logger)
    {
        var keep = new AuthorityKeep(options.Directory);
        DateTimeOffset now = time.GetUtcNow();
        IReadOnlyList<SigningRoot> roots = keep.Load(now);
        if (roots.Count == 0)
        {
            roots = [SigningRoot.CreateSelfSigned(options.TrustDomain, now, options.RootLifetime, options.Backdate, RootPhase.Signing)];
            keep.Save(roots);
            AuthorityLog.Founded(logger, options.TrustDomain, roots[0].Sha256, roots[0].Root.NotAfter.ToUniversalTime());
        }

        return new MeshAuthority(options, keep, roots, time, logger);
    }

    /// <summary>First certificate of a workload, for a token.</summary>
    /// <param name="podIsCurrent">Whether the pod a token is bound to (namespace, name, uid) still exists.</param>
    public IssueResult IssueForToken(byte[] csr, string token, string peer, Func<TokenBinding, bool> podIsCurrent)
    {
        // The request is read first: a malformed one must not use the token up.
        if (!SvidMaker.TryReadKey(csr, out PublicKey? key, out string refusal))
        {
            return Refuse(IssueRefusal.BadRequest, refusal, peer);
        }

        if (!_tokens.TryRedeem(token, out TokenBinding? binding, out string tokenId))
        {
            return Refuse(IssueRefusal.NotProved, "the token is not known, was used before or has expired: ask for a new one", peer);
        }

        if (binding.Namespace == SystemNamespace)
        {
            return Refuse(IssueRefusal.NotAllowed, $"{SystemNamespace} is the control plane's own namespace, no workload gets an identity there", peer);
        }

        if (!podIsCurrent(binding))
        {
            return Refuse(IssueRefusal.NotAllowed, $"pod {binding.Namespace}/{binding.Pod} of this token is gone or was created anew", peer);
        }

        SpiffeId id = SpiffeId.Create(TrustDomain, binding.Namespace, binding.ServiceAccount);
        return Sign(key, id, binding.Pod ?? "", IdentityProof.Token, $"{peer} token {tokenId}");
    }

    /// <summary>Renewal: the certificate of the connection, already verified by <see cref="TryVerifyPeer"/>, says who asks.</summary>
    public IssueResult IssueForCertificate(byte[] csr, SpiffeId proved, string peer) =>
        SvidMaker.TryReadKey(csr, out PublicKey? key, out string refusal)
            ? Sign(key, proved, "", IdentityProof.Certificate, peer)
            : Refuse(IssueRefusal.BadRequest, refusal, peer);

    /// <summary>A certificate with its key for one of the control plane's own listeners.</summary>
    public ServerCertificate IssueForServer(string serviceAccount, IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        SpiffeId id = SpiffeId.Create(TrustDomain, SystemNamespace, serviceAccount);
        SigningRoot by = Signing;
        X509Certificate2 leaf = SvidMaker.Make(new PublicKey(key), id, by, CurrentValidity(), dnsNames, addresses);
        AuthorityLog.Issued(_logger, id.Text, leaf.SerialNumber, leaf.NotAfter.ToUniversalTime(), IdentityProof.Certificate, "the control plane itself");
        return new ServerCertificate(leaf.CopyWithPrivateKey(key), by.Chain, by.Root);
    }

    /// <summary>Whether a certificate that a peer presented proves a workload of this mesh now.</summary>
    public bool TryVerifyPeer(X509Certificate2 leaf, X509Certificate2Collection? sent, [MaybeNullWhen(false)] out SpiffeId id, out string refusal) =>
        SvidCheck.TryVerify(leaf, sent, new X509Certificate2Collection(_roots.Select(r => r.Root).ToArray()), TrustDomain, _time.GetUtcNow(), out id, out refusal);

    /// <summary>Announces a new root now, whatever the age of the present one. It signs after <see cref="AuthorityOptions.AnnounceFor"/>.</summary>
    public bool BeginRotation() => Replace(roots =>
        roots.Any(r => r.Phase == RootPhase.Announced) ? roots : [.. roots, NewRoot()]);

    /// <summary>Takes the steps of rotation that are due. Called on a timer.</summary>
    public bool Advance() => Replace(roots => RootRotation.Advance(roots, _time.GetUtcNow(), _options, NewRoot));

    private bool Replace(Func<IReadOnlyList<SigningRoot>, IReadOnlyList<SigningRoot>> step)
    {
        lock (_gate)
        {
            IReadOnlyList<SigningRoot> before = _roots;
            IReadOnlyList<SigningRoot> after = step(before);
            if (ReferenceEquals(before, after))
            {
                return false;
            }

            _keep.Save(after);
            _roots = after;
            foreach (SigningRoot gone in before.Where(b => after.All(a => a.Sha256 != b.Sha256)))
            {
                _keep.Forget(gone);
            }
        }

        AuthorityLog.Rotated(_logger, string.Join(", ", _roots.Select(r => $"{r.Sha256[..12]} {r.Phase}")));
        Changed?.Invoke();
        return true;
    }

    private SigningRoot NewRoot() =>
        SigningRoot.CreateSelfSigned(TrustDomain, _time.GetUtcNow(), _options.RootLifetime, _options.Backdate, RootPhase.Announced);

    private IssueResult Sign(PublicKey key, SpiffeId id, string pod, IdentityProof proof, string peer)
    {
        SigningRoot by = Signing;
        X509Certificate2 leaf = SvidMaker.Make(key, id, by, CurrentValidity());
        AuthorityLog.Issued(_logger, id.Text, leaf.SerialNumber, leaf.NotAfter.ToUniversalTime(), proof, peer);
        return new IssueResult(new IssuedSvid(id, [leaf, .. by.Chain], TrustBundle, pod), IssueRefusal.None, "");
    }

    private IssueResult Refuse(IssueRefusal refusal, string message, string peer)
    {
        AuthorityLog.Refused(_logger, peer, message);
        return IssueResult.Refused(refusal, message);
    }

    private Validity CurrentValidity()
    {
        DateTimeOffset now = _time.GetUtcNow();
        return new Validity(now - _options.Backdate, now + _options.SvidLifetime);
    }
}

/// <summary>One root as an operator sees it.</summary>
public sealed record RootDescription(string Sha256, RootPhase Phase, DateTimeOffset Since, DateTimeOffset NotAfter);

/// <param name="Leaf">With its private key.</param>
/// <param name="Chain">Intermediates, leaf side first.</param>
public sealed record ServerCertificate(X509Certificate2 Leaf, IReadOnlyList<X509Certificate2> Chain, X509Certificate2 Root);
