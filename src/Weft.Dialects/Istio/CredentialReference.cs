namespace Weft.Dialects.Istio;

/// <summary>credentialName, in the forms that Istio takes: "name", "kubernetes://name", "kubernetes://namespace/name" and "kubernetes-gateway://namespace/name".</summary>
internal static class CredentialReference
{
    private static readonly string[] Schemes = ["kubernetes://", "kubernetes-gateway://"];

    /// <summary>"namespace/name" as a resource; null for a Secret of another namespace, which nobody may take by writing its name.</summary>
    public static string? Resolve(string written, string ns)
    {
        string plain = Plain(written);
        int slash = plain.IndexOf('/');
        return slash < 0 ? $"{ns}/{plain}" : plain[..slash] == ns ? plain : null;
    }

    /// <summary>Without its scheme: "name" or "namespace/name".</summary>
    public static string Plain(string written) =>
        Array.Find(Schemes, s => written.StartsWith(s, StringComparison.Ordinal)) is { } scheme ? written[scheme.Length..] : written;
}
