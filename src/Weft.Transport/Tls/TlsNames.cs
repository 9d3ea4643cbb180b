namespace Weft.Transport;

/// <summary>Whether the names of a certificate cover the one that is meant.</summary>
public static class TlsNames
{
    /// <summary>RFC 9525 §6.3: a wildcard stands for the whole first label and nothing else. URIs are compared as they stand.</summary>
    public static bool Cover(IReadOnlyList<string> names, string meant)
    {
        foreach (string name in names)
        {
            if (Covers(name, meant))
            {
                return true;
            }
        }

        return false;
    }

    public static bool CoverAny(IReadOnlyList<string> names, IReadOnlyList<string> meant)
    {
        foreach (string name in meant)
        {
            if (Cover(names, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Covers(string name, string meant)
    {
        if (name.Contains("://", StringComparison.Ordinal))
        {
            return name.Equals(meant, StringComparison.Ordinal);
        }

        return name.StartsWith("*.", StringComparison.Ordinal)
            ? meant.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && name.AsSpan(1).Equals(meant.AsSpan(dot), StringComparison.OrdinalIgnoreCase)
            : name.Equals(meant, StringComparison.OrdinalIgnoreCase);
    }
}
