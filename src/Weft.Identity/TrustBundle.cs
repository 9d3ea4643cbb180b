using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Weft.Identity;

/// <summary>Every root that is valid now. During a root's rotation there are two, so that no connection fails.</summary>
public sealed class TrustBundle
{
    private TrustBundle(ImmutableArray<byte[]> roots, string fingerprint)
    {
        Roots = roots;
        Fingerprint = fingerprint;
    }

    /// <summary>DER of each root, in the authority's order.</summary>
    public ImmutableArray<byte[]> Roots { get; }

    /// <summary>SHA-256 over all roots: what a TLS context is keyed by.</summary>
    public string Fingerprint { get; }

    /// <summary>Throws on an empty bundle: a peer that trusts nobody would be taken for one that trusts everybody by some libraries.</summary>
    public static TrustBundle Create(IEnumerable<byte[]> roots)
    {
        ImmutableArray<byte[]> all = [.. roots];
        if (all.IsEmpty)
        {
            throw new ArgumentException("A trust bundle needs at least one root.", nameof(roots));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] root in all)
        {
            hash.AppendData(root);
        }

        return new TrustBundle(all, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Whether one of the roots has that SHA-256, in hex as an operator copies it (colons and case do not matter).</summary>
    public bool HasPin(string sha256Hex)
    {
        string wanted = sha256Hex.Replace(":", "", StringComparison.Ordinal).Trim();
        return Roots.Any(r => string.Equals(Convert.ToHexString(SHA256.HashData(r)), wanted, StringComparison.OrdinalIgnoreCase));
    }

    public string ToPem()
    {
        var pem = new StringBuilder();
        foreach (byte[] root in Roots)
        {
            pem.Append(PemEncoding.Write("CERTIFICATE", root)).Append('\n');
        }

        return pem.ToString();
    }
}
