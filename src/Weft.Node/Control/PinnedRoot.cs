using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Node.Control;

/// <summary>Trust in one root, known by its hash only: the server sends it along with its chain.</summary>
internal static class PinnedRoot
{
    /// <remarks>The name must fit too: every workload of the mesh has a certificate under the same root.</remarks>
    public static bool Holds(string sha256, X509Certificate2? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is null || sent is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) { return false; }
        X509Certificate2[] offered = [.. sent.ChainElements.Select(e => e.Certificate), .. sent.ChainPolicy.ExtraStore];
        X509Certificate2? root = offered.FirstOrDefault(c => Convert.ToHexStringLower(SHA256.HashData(c.RawData)) == sha256);
        if (root is null) { return false; }

        // The hash names the root; that the chain really hangs from it, with valid dates, is checked anew.
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(offered);
        return chain.Build(certificate);
    }
}
