using Weft.Dialects.Fields;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>The certificates of an authority, as Gateway API resources refer to them: ca.crt of a ConfigMap or a Secret.</summary>
internal static class AuthorityReader
{
    private const string Key = "ca.crt";

    /// <summary>Empty when it is not there or is no certificate.</summary>
    public static string Read(ResourceSnapshot snapshot, string kind, string ns, string name)
    {
        string pem = kind == "Secret"
            ? CredentialReader.Read(snapshot, $"{ns}/{name}")?.TrustedCaPem ?? ""
            : new Field(snapshot.Find(new ResourceKey("", "ConfigMap", ns, name))?.Json)["data"][Key].Text;
        return pem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal) && pem.Contains("END CERTIFICATE", StringComparison.Ordinal) ? pem : "";
    }
}
