using System.Security.Cryptography;
using System.Text;

namespace Weft.Identity;

/// <summary>An identity in a state directory: <c>identity.pem</c> holds key, chain and then, after a mark, the bundle.</summary>
public static class SavedIdentity
{
    private const string FileName = "identity.pem";
    private const string BundleMark = "# trust bundle\n";

    public static void Save(StateDirectory directory, WorkloadIdentity identity)
    {
        string text = $"{identity.KeyPem()}\n{identity.ChainPem()}{BundleMark}{identity.Bundle.ToPem()}";
        directory.Write(FileName, Encoding.ASCII.GetBytes(text));
    }

    /// <summary>Null when there is none or it is no longer valid; <paramref name="problem"/> says why.</summary>
    public static WorkloadIdentity? TryLoad(StateDirectory directory, DateTimeOffset now, out string problem)
    {
        problem = "no identity was saved";
        if (directory.TryRead(FileName) is not { } bytes)
        {
            return null;
        }

        string text = Encoding.ASCII.GetString(bytes);
        int mark = text.IndexOf(BundleMark, StringComparison.Ordinal);
        if (mark < 0)
        {
            problem = $"{FileName} has no trust bundle";
            return null;
        }

        List<byte[]> own = Blocks(text[..mark]);
        List<byte[]> roots = Blocks(text[(mark + BundleMark.Length)..]);
        if (own.Count < 2 || roots.Count == 0)
        {
            problem = $"{FileName} is cut short";
            return null;
        }

        return WorkloadIdentity.TryCreate(own.Skip(1), own[0], TrustBundle.Create(roots), now, out problem);
    }

    private static List<byte[]> Blocks(string pem)
    {
        var blocks = new List<byte[]>();
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            blocks.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            rest = rest[fields.Location.End..];
        }

        return blocks;
    }
}
