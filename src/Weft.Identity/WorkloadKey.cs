using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Identity;

/// <summary>A P-256 key pair of a workload, before it has a certificate. The private key leaves the process only into the 0600 state.</summary>
public sealed class WorkloadKey : IDisposable
{
    private readonly ECDsa _key;

    private WorkloadKey(ECDsa key) => _key = key;

    public static WorkloadKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>PKCS#10 (RFC 2986). Subject and names are ignored by the authority: it signs the identity that was proven.</summary>
    public byte[] CreateRequest()
    {
        var request = new CertificateRequest(new X500DistinguishedName("O=weft"), _key, HashAlgorithmName.SHA256);
        return request.CreateSigningRequest();
    }

    public byte[] ExportPkcs8() => _key.ExportPkcs8PrivateKey();

    public void Dispose() => _key.Dispose();
}
