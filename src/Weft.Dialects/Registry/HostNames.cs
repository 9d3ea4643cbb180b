namespace Weft.Dialects.Registry;

/// <summary>Names of services as Istio compares them: lower case, "*." as a whole leading label.</summary>
public static class HostNames
{
    /// <summary>A short name is completed with the namespace of the resource it stands in; a name with a dot is taken as it is.</summary>
    public static string Complete(string host, string ns, string clusterDomain)
    {
        string lower = host.ToLowerInvariant();
        return lower.Length == 0 || lower.StartsWith('*') || lower.Contains('.') ? lower.TrimEnd('.') : $"{lower}.{ns}.svc.{clusterDomain}";
    }

    public static string OfService(string name, string ns, string clusterDomain) => $"{name}.{ns}.svc.{clusterDomain}";

    public static bool IsWildcard(string host) => host.StartsWith('*');

    /// <summary>"*.example.com" covers "a.example.com" and "*.b.example.com", not "example.com" itself.</summary>
    public static bool Covers(string pattern, string host)
    {
        if (pattern == "*" || pattern == host)
        {
            return true;
        }
        if (!IsWildcard(pattern))
        {
            return false;
        }
        ReadOnlySpan<char> suffix = pattern.AsSpan(1);
        ReadOnlySpan<char> name = IsWildcard(host) ? host.AsSpan(1) : host;
        return IsWildcard(host)
            ? name.EndsWith(suffix, StringComparison.Ordinal)
            : name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal);
    }

    /// <summary>The narrower of two host patterns that overlap; null when no name fits both.</summary>
    public static string? Intersect(string one, string other) => Covers(one, other) ? other : Covers(other, one) ? one : null;

    /// <summary>Orders hosts from the most to the least specific: exact names, then the longest wildcard, "*" last.</summary>
    public static int CompareSpecificity(string a, string b)
    {
        int byKind = (IsWildcard(a) ? 1 : 0) - (IsWildcard(b) ? 1 : 0);
        return byKind != 0 ? byKind : b.Length != a.Length && IsWildcard(a) ? b.Length - a.Length : string.CompareOrdinal(a, b);
    }
}
