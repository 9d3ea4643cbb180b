using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Authority;
using Weft.Authority.Keep;

namespace Weft.Unit.Authority;

public sealed class RotationTests
{
    [Fact]
    public void Rotation_FromBeginToEnd_NeverLeavesACertificateUntrusted()
    {
        using var fixture = new AuthorityFixture();
        string first = fixture.Authority.RootSha256;
        X509Certificate2 old = fixture.IssueLeaf();

        Assert.True(fixture.Authority.BeginRotation());
        Assert.Equal([RootPhase.Signing, RootPhase.Announced], Phases(fixture));
        Assert.Equal(first, fixture.Authority.RootSha256);

        fixture.Time.Advance(TimeSpan.FromHours(23));
        X509Certificate2 late = fixture.IssueLeaf();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(fixture.Authority.Advance());
        Assert.Equal([RootPhase.Retiring, RootPhase.Signing], Phases(fixture));
        Assert.NotEqual(first, fixture.Authority.RootSha256);
        Assert.True(fixture.Authority.TryVerifyPeer(late, null, out _, out _));
        Assert.False(fixture.Authority.TryVerifyPeer(old, null, out _, out _)); // expired by itself, not by rotation
        Assert.True(fixture.Authority.TryVerifyPeer(fixture.IssueLeaf(), null, out _, out _));

        fixture.Time.Advance(TimeSpan.FromHours(24));
        Assert.False(fixture.Authority.Advance()); // what the old root signed last is just expiring
        fixture.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.True(fixture.Authority.Advance());
        Assert.Equal([RootPhase.Signing], Phases(fixture));
        Assert.DoesNotContain(Directory.GetFiles(fixture.Options.Directory), f => f.Contains(first[..16], StringComparison.Ordinal));
    }

    [Fact]
    public void Rotation_RootNearItsEnd_BeginsByItself()
    {
        using var fixture = new AuthorityFixture();
        Assert.False(fixture.Authority.Advance());

        fixture.Time.Advance(TimeSpan.FromDays(3653 - 364));

        Assert.True(fixture.Authority.Advance());
        Assert.Equal([RootPhase.Signing, RootPhase.Announced], Phases(fixture));
        Assert.False(fixture.Authority.Advance());
    }

    [Fact]
    public void Authority_Reopened_IsTheSameInTheSamePhase()
    {
        using var fixture = new AuthorityFixture();
        fixture.Authority.BeginRotation();
        IReadOnlyList<RootDescription> before = fixture.Authority.Roots;
        X509Certificate2 leaf = fixture.IssueLeaf();

        fixture.Restart();

        Assert.Equal(before, fixture.Authority.Roots);
        Assert.True(fixture.Authority.TryVerifyPeer(leaf, null, out _, out _));
        Assert.True(fixture.Authority.TryVerifyPeer(fixture.IssueLeaf(), null, out _, out _));
    }

    [Fact]
    public void Keep_OnDisk_IsPrivateAndEncrypted()
    {
        using var fixture = new AuthorityFixture();
        string[] files = Directory.GetFiles(fixture.Options.Directory);

        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        Assert.Contains("ENCRYPTED", File.ReadAllText(files.Single(f => f.EndsWith(".key.pem", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void Keep_SealLost_SaysWhichFileAndTheCure()
    {
        using var fixture = new AuthorityFixture();
        File.Delete(Path.Combine(fixture.Options.Directory, "seal.key"));

        AuthorityDamagedException damaged = Assert.Throws<AuthorityDamagedException>(fixture.Restart);

        Assert.Contains("seal.key", damaged.Message, StringComparison.Ordinal);
        Assert.Contains("backup", damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plugged_Intermediate_SignsAndIsSentAlong()
    {
        using var fixture = new AuthorityFixture();
        string directory = Directory.CreateDirectory(Path.Combine(fixture.Options.Directory, "plugged")).FullName;
        PlugIn(directory, fixture.Time.GetUtcNow());
        fixture.Restart();

        X509Certificate2 leaf = fixture.IssueLeaf();
        var chain = fixture.IssueByToken(fixture.Authority.Tokens.Mint(new("a", "b"), TimeSpan.FromMinutes(1)).Text).Svid!.Chain;

        Assert.Equal(2, chain.Count);
        Assert.Equal("CN=Company intermediate", leaf.Issuer);
        Assert.True(fixture.Authority.TryVerifyPeer(leaf, [chain[1]], out _, out string refusal), refusal);
        Assert.Equal("CN=Company root", fixture.Authority.TrustBundle.Single().Subject);
    }

    private static RootPhase[] Phases(AuthorityFixture fixture) => [.. fixture.Authority.Roots.Select(r => r.Phase)];

    private static void PlugIn(string directory, DateTimeOffset now)
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest Request(string name, ECDsa of)
        {
            var request = new CertificateRequest(name, of, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            return request;
        }

        using X509Certificate2 root = Request("CN=Company root", rootKey).CreateSelfSigned(now.AddDays(-1), now.AddDays(100));
        using X509Certificate2 intermediate = Request("CN=Company intermediate", key).Create(root, now.AddDays(-1), now.AddDays(50), [1, 2, 3]);
        File.WriteAllText(Path.Combine(directory, "root-cert.pem"), root.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "ca-cert.pem"), intermediate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "ca-key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
