using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Authority;
using Weft.Authority.Issue;
using Weft.Primitives;

namespace Weft.Unit.Authority;

public sealed class SvidTests
{
    [Fact]
    public void Svid_Issued_HasTheShapeThatSpiffeAsksFor()
    {
        using var fixture = new AuthorityFixture();
        X509Certificate2 leaf = fixture.IssueLeaf("shop", "cart");

        X509Extension names = leaf.Extensions["2.5.29.17"]!;
        Assert.True(names.Critical); // RFC 5280 §4.2.1.6: with an empty subject
        Assert.Equal("", leaf.Subject);
        Assert.True(SvidCheck.TryReadId(leaf, out SpiffeId? id));
        Assert.Equal("spiffe://cluster.local/ns/shop/sa/cart", id.Text);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, leaf.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages);
        Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(
            ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
            leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(o => o.Value));
    }

    [Fact]
    public void Svid_Issued_LivesADayAndBeginsBeforeNow()
    {
        using var fixture = new AuthorityFixture();
        DateTime now = fixture.Time.GetUtcNow().UtcDateTime;
        fixture.Time.Advance(TimeSpan.FromDays(1)); // the root does not begin at the same moment
        X509Certificate2 leaf = fixture.IssueLeaf();

        Assert.Equal(now.AddDays(1).AddMinutes(-5), leaf.NotBefore.ToUniversalTime());
        Assert.Equal(now.AddDays(2), leaf.NotAfter.ToUniversalTime());
    }

    [Fact]
    public void Svid_RootEndsSooner_EndsWithIt()
    {
        using var fixture = new AuthorityFixture(o => o with { RootLifetime = TimeSpan.FromHours(2) });

        Assert.Equal(fixture.Time.GetUtcNow().AddHours(2).UtcDateTime, fixture.IssueLeaf().NotAfter.ToUniversalTime());
    }

    [Fact]
    public void Verify_Expired_IsRefused()
    {
        using var fixture = new AuthorityFixture();
        X509Certificate2 leaf = fixture.IssueLeaf();
        Assert.True(fixture.Authority.TryVerifyPeer(leaf, null, out _, out _));

        fixture.Time.Advance(TimeSpan.FromHours(25));

        Assert.False(fixture.Authority.TryVerifyPeer(leaf, null, out _, out string refusal));
        Assert.NotEmpty(refusal);
    }

    [Fact]
    public void Verify_OfAnotherAuthority_IsRefused()
    {
        using var ours = new AuthorityFixture();
        using var theirs = new AuthorityFixture();

        Assert.False(ours.Authority.TryVerifyPeer(theirs.IssueLeaf(), null, out _, out _));
    }

    [Fact]
    public void Verify_OfAnotherTrustDomain_IsRefused()
    {
        using var ours = new AuthorityFixture();
        using var theirs = new AuthorityFixture(o => o with { TrustDomain = "other.example" });

        Assert.False(ours.Authority.TryVerifyPeer(theirs.IssueLeaf(), null, out _, out string refusal));
        Assert.Contains("trust domain", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_TheRootItself_IsNoLeaf()
    {
        using var fixture = new AuthorityFixture();

        Assert.False(fixture.Authority.TryVerifyPeer(fixture.Authority.TrustBundle[0], null, out _, out _));
    }

    [Fact]
    public void Verify_TwoUriNames_IsRefused()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://cluster.local/ns/a/sa/a"));
        names.AddUri(new Uri("spiffe://cluster.local/ns/b/sa/b"));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));

        Assert.False(SvidCheck.TryReadId(certificate, out _));
    }

    [Fact]
    public void Request_ForAKeyThatIsNotP256_IsRefused()
    {
        using var fixture = new AuthorityFixture();
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using RSA rsa = RSA.Create(2048);
        byte[] rsaRequest = new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        SpiffeId id = SpiffeId.Create("cluster.local", "a", "b");

        Assert.Equal(IssueRefusal.BadRequest, fixture.Authority.IssueForCertificate(AuthorityFixture.Csr(p384), id, "test").Refusal);
        Assert.Equal(IssueRefusal.BadRequest, fixture.Authority.IssueForCertificate(rsaRequest, id, "test").Refusal);
    }

    [Fact]
    public void Request_SignedByAnotherKey_IsRefused()
    {
        using var fixture = new AuthorityFixture();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] csr = AuthorityFixture.Csr(key);
        csr[^1] ^= 1;

        Assert.Equal(IssueRefusal.BadRequest, fixture.Authority.IssueForCertificate(csr, SpiffeId.Create("cluster.local", "a", "b"), "test").Refusal);
    }

    [Fact]
    public void ServerCertificate_ForOwnListeners_MatchesLocalhostAndAddress()
    {
        using var fixture = new AuthorityFixture();
        ServerCertificate made = fixture.Authority.IssueForServer("weft-control", ["localhost"], [IPAddress.Loopback]);

        Assert.True(made.Leaf.HasPrivateKey);
        Assert.True(made.Leaf.MatchesHostname("localhost"));
        Assert.True(made.Leaf.MatchesHostname("127.0.0.1"));
        Assert.True(SvidCheck.TryReadId(made.Leaf, out SpiffeId? id));
        Assert.Equal("spiffe://cluster.local/ns/weft-system/sa/weft-control", id.Text);
    }
}
