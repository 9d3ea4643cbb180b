using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Weft.Authority;
using Weft.Authority.Issue;

namespace Weft.Unit.Authority;

/// <summary>An authority in a directory of its own, with a clock that tests move.</summary>
internal sealed class AuthorityFixture : IDisposable
{
    public AuthorityFixture(Func<AuthorityOptions, AuthorityOptions>? with = null)
    {
        var options = new AuthorityOptions { Directory = Directory.CreateTempSubdirectory("weft-authority-").FullName };
        Options = with?.Invoke(options) ?? options;
        Authority = Open();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));

    public AuthorityOptions Options { get; }

    public MeshAuthority Authority { get; private set; }

    public void Restart() => Authority = Open();

    public IssueResult IssueByToken(string token, bool podIsCurrent = true)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Authority.IssueForToken(Csr(key), token, "test", _ => podIsCurrent);
    }

    public X509Certificate2 IssueLeaf(string ns = "default", string account = "reviews") =>
        IssueByToken(Authority.Tokens.Mint(new TokenBinding(ns, account), TimeSpan.FromMinutes(1)).Text).Svid!.Leaf;

    public static byte[] Csr(ECDsa key) => new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    public void Dispose() => Directory.Delete(Options.Directory, recursive: true);

    private MeshAuthority Open() => MeshAuthority.Open(Options, Time, NullLogger.Instance);
}
