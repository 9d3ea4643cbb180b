using System.Collections.Immutable;
using System.Text;
using Weft.Model.V1;
using Weft.Proxy.State.Workloads;

namespace Weft.Proxy.Gateway;

/// <summary>All listeners that share a port, as a new connection meets them. Immutable; swapped whole.</summary>
internal sealed class PortListeners
{
    internal static readonly PortListeners None = new([]);

    private readonly ImmutableArray<GatewayListenerModel> _secure;

    internal PortListeners(ImmutableArray<GatewayListenerModel> all)
        : this([.. all.Where(l => !IsSecure(l))], [.. all.Where(IsSecure)])
    {
        WantsProxyHeader = all.Any(l => l.AcceptsProxyProtocol);
    }

    private PortListeners(ImmutableArray<GatewayListenerModel> plain, ImmutableArray<GatewayListenerModel> secure)
    {
        Plain = plain;
        _secure = secure;
    }

    /// <summary>For peers, whose connections end before any listener is looked for: none of them begins with TLS again.</summary>
    internal static PortListeners OfPeers(ImmutableArray<GatewayListenerModel> all) => new(all, []);

    /// <summary>Those without TLS.</summary>
    internal ImmutableArray<GatewayListenerModel> Plain { get; }

    internal bool HasSecure => !_secure.IsEmpty;

    internal bool IsEmpty => Plain.IsEmpty && _secure.IsEmpty;

    /// <summary>A listener either demands a PROXY header or takes none, and the port is one for all of them.</summary>
    internal bool WantsProxyHeader { get; }

    /// <summary>The listeners under TLS that cover a server name best: the exact name, then the longest wildcard, then those for any. Null asks for none.</summary>
    internal ImmutableArray<GatewayListenerModel> Named(string? serverName)
    {
        Span<byte> name = stackalloc byte[serverName?.Length ?? 0];
        int length = Encoding.ASCII.GetBytes(serverName, name);
        return Best(_secure, name[..length]);
    }

    /// <summary>The same for a request's Host, to know whose it is.</summary>
    internal static ImmutableArray<GatewayListenerModel> Best(ImmutableArray<GatewayListenerModel> listeners, ReadOnlySpan<byte> name)
    {
        int best = GatewayHosts.Not;
        int count = 0;
        foreach (GatewayListenerModel listener in listeners)
        {
            int rank = GatewayHosts.Rank(listener.Hosts, name);
            count = rank > best ? 1 : rank == best ? count + 1 : count;
            best = Math.Max(best, rank);
        }

        if (best == GatewayHosts.Not)
        {
            return [];
        }

        if (count == listeners.Length)
        {
            return listeners;
        }

        var found = ImmutableArray.CreateBuilder<GatewayListenerModel>(count);
        foreach (GatewayListenerModel listener in listeners)
        {
            if (GatewayHosts.Rank(listener.Hosts, name) == best)
            {
                found.Add(listener);
            }
        }

        return found.MoveToImmutable();
    }

    /// <summary>Whether another listener under TLS covers a host better than <paramref name="rank"/>: then a request for it came over the wrong connection.</summary>
    internal bool IsOthers(ReadOnlySpan<byte> host, int rank)
    {
        foreach (GatewayListenerModel listener in _secure)
        {
            if (GatewayHosts.Rank(listener.Hosts, host) > rank)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSecure(GatewayListenerModel listener) => listener.Protocol is AppProtocol.Https or AppProtocol.Tls;
}
