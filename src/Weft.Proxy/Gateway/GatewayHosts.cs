using System.Collections.Immutable;
using System.Text;

namespace Weft.Proxy.Gateway;

/// <summary>How well a listener's host names (exact, "*.suffix", "*") cover a name in lower case: the best one serves it.</summary>
internal static class GatewayHosts
{
    internal const int Not = -1;
    internal const int Any = 0;
    internal const int Exact = int.MaxValue;

    /// <summary>A wildcard counts the longer its suffix is; no names at all cover everything.</summary>
    internal static int Rank(ImmutableArray<string> hosts, ReadOnlySpan<byte> name)
    {
        int best = hosts.IsEmpty ? Any : Not;
        foreach (string candidate in hosts)
        {
            best = Math.Max(best, Rank(candidate, name));
        }

        return best;
    }

    private static int Rank(string pattern, ReadOnlySpan<byte> name)
    {
        if (pattern == "*")
        {
            return Any;
        }

        if (!pattern.StartsWith("*.", StringComparison.Ordinal))
        {
            return Ascii.Equals(name, pattern) ? Exact : Not;
        }

        ReadOnlySpan<char> suffix = pattern.AsSpan(1);
        return name.Length > suffix.Length && Ascii.Equals(name[^suffix.Length..], suffix) ? suffix.Length : Not;
    }
}
