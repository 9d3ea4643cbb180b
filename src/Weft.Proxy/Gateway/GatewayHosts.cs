using System.Collections.Immutable;
using System.Text;

namespace Weft.Proxy.Gateway;

/// <summary>Whether a listener's host names (exact, "*.suffix", "*") cover a request's host, both in lower case.</summary>
internal static class GatewayHosts
{
    internal static bool Match(ImmutableArray<string> hosts, ReadOnlySpan<byte> host)
    {
        if (hosts.IsEmpty)
        {
            return true;
        }

        foreach (string candidate in hosts)
        {
            if (candidate == "*" || Covers(candidate, host))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Covers(string pattern, ReadOnlySpan<byte> host)
    {
        if (!pattern.StartsWith("*.", StringComparison.Ordinal))
        {
            return Ascii.Equals(host, pattern);
        }

        ReadOnlySpan<char> suffix = pattern.AsSpan(1);
        return host.Length > suffix.Length && Ascii.Equals(host[^suffix.Length..], suffix);
    }
}
