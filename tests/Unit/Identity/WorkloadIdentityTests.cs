using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Identity;
using Weft.Primitives;

namespace Weft.Unit.Identity;

public sealed class WorkloadIdentityTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _directory = Directory.CreateTempSubdirectory("weft-identity-").FullName;

    public void Dispose()
    {
        _rootKey.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void TryCreate_SignedRequest_IsAccepted()
    {
        using var key = WorkloadKey.Generate();
        (byte[] leaf, byte[] root) = Sign(key.CreateRequest(), "spiffe://cluster.local/ns/default/sa/reviews");
        WorkloadIdentity? identity = WorkloadIdentity.TryCreate([leaf], key.ExportPkcs8(), TrustBundle.Create([root]), Now, out string problem);
        Assert.Equal("", problem);
        Assert.Equal(SpiffeId.Create("cluster.local", "default", "reviews"), identity?.Id);
    }

    [Fact]
    public void TryCreate_OtherKey_IsRefused()
    {
        using var key = WorkloadKey.Generate();
        using var other = WorkloadKey.Generate();
        (byte[] leaf, byte[] root) = Sign(key.CreateRequest(), "spiffe://cluster.local/ns/default/sa/reviews");
        Assert.Null(WorkloadIdentity.TryCreate([leaf], other.ExportPkcs8(), TrustBundle.Create([root]), Now, out string problem));
        Assert.Contains("another key", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryCreate_Expired_IsRefused()
    {
        using var key = WorkloadKey.Generate();
        (byte[] leaf, byte[] root) = Sign(key.CreateRequest(), "spiffe://cluster.local/ns/default/sa/reviews");
        Assert.Null(WorkloadIdentity.TryCreate([leaf], key.ExportPkcs8(), TrustBundle.Create([root]), Now.AddDays(2), out string problem));
        Assert.Contains("does not chain", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryCreate_OtherRoot_IsRefused()
    {
        using var key = WorkloadKey.Generate();
        (byte[] leaf, _) = Sign(key.CreateRequest(), "spiffe://cluster.local/ns/default/sa/reviews");
        using ECDsa strangerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] stranger = Root(strangerKey).RawData;
        Assert.Null(WorkloadIdentity.TryCreate([leaf], key.ExportPkcs8(), TrustBundle.Create([stranger]), Now, out _));
    }

    [Fact]
    public void SavedIdentity_RoundTrip_IsTheSameAndPrivate()
    {
        using var key = WorkloadKey.Generate();
        (byte[] leaf, byte[] root) = Sign(key.CreateRequest(), "spiffe://cluster.local/ns/default/sa/reviews");
        WorkloadIdentity identity = WorkloadIdentity.TryCreate([leaf], key.ExportPkcs8(), TrustBundle.Create([root]), Now, out _)!;
        var state = new StateDirectory(_directory);
        SavedIdentity.Save(state, identity);
        SavedIdentity.Save(state, identity);

        WorkloadIdentity? loaded = SavedIdentity.TryLoad(state, Now, out _);
        Assert.Equal(identity.Fingerprint, loaded?.Fingerprint);
        Assert.Equal(identity.Bundle.Fingerprint, loaded?.Bundle.Fingerprint);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, "identity.pem")));
    }

    [Fact]
    public void SavedIdentity_Expired_IsNotLoaded()
    {
        using var key = WorkloadKey.Generate();
        (byte[] leaf, byte[] root) = Sign(key.CreateRequest(), "spiffe://cluster.local/ns/default/sa/reviews");
        var state = new StateDirectory(_directory);
        SavedIdentity.Save(state, WorkloadIdentity.TryCreate([leaf], key.ExportPkcs8(), TrustBundle.Create([root]), Now, out _)!);
        Assert.Null(SavedIdentity.TryLoad(state, Now.AddDays(2), out _));
    }

    private (byte[] Leaf, byte[] Root) Sign(byte[] csr, string uri)
    {
        using X509Certificate2 root = Root(_rootKey);
        CertificateRequest request = CertificateRequest.LoadSigningRequest(csr, HashAlgorithmName.SHA256);
        var signed = new CertificateRequest(new X500DistinguishedName("O=weft"), request.PublicKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(uri));
        signed.CertificateExtensions.Add(names.Build(critical: true));
        using X509Certificate2 leaf = signed.Create(root, Now.AddHours(-1), Now.AddHours(23), [1, 2, 3]);
        return (leaf.RawData, root.RawData);
    }

    private static X509Certificate2 Root(ECDsa key)
    {
        var request = new CertificateRequest("O=root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(9));
    }
}
