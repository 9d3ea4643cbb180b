using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Weft.Model.V1;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>
/// The compiled routes of one frontend port or gateway listener. Immutable, shared by all loops, swapped whole.
/// A decision allocates nothing.
/// </summary>
public sealed class RouteTable
{
    // Null while empty: most services have one host that stands for all.
    private readonly ByteMap<VirtualHostModel>? _exact;
    private readonly ByteMap<VirtualHostModel>? _suffixes;
    private readonly VirtualHostModel? _anyHost;

    private RouteTable(RouteSet set, ProblemSink problems)
    {
        Name = set.Name;
        VirtualHosts = [.. set.VirtualHosts.Select((h, i) => new VirtualHostModel(h, $"virtual_hosts[{i}]", problems))];
        foreach (var host in VirtualHosts)
        {
            foreach (string name in host.Hosts)
            {
                if (name == "*")
                {
                    _anyHost ??= host;
                    continue;
                }

                bool wild = name.StartsWith("*.", StringComparison.Ordinal);
                byte[] key = Encoding.UTF8.GetBytes(wild ? name[1..] : name);
                if (key.AsSpan().Contains((byte)'*'))
                {
                    problems.Add("virtual_hosts", $"host '{name}': only a whole first label may be a wildcard (\"*.example.com\").");
                }
                else if (!(wild ? _suffixes ??= new() : _exact ??= new()).TryAdd(key, host))
                {
                    problems.Add("virtual_hosts", $"host '{name}' stands in two virtual hosts; the first one has it. Merge them.");
                }
            }
        }
    }

    /// <summary>RouteSet resource name.</summary>
    public string Name { get; }

    public ImmutableArray<VirtualHostModel> VirtualHosts { get; }

    /// <summary>Never throws for what a resource says: what cannot be read is added to <paramref name="problems"/> and matches nothing.</summary>
    public static RouteTable Compile(RouteSet set, ICollection<PolicyProblem>? problems = null) => new(set, new ProblemSink(set.Name, problems));

    /// <summary>
    /// Decides about one request. <paramref name="random"/> is one fresh number per request: destination, faults and mirrors are drawn from it.
    /// </summary>
    public RouteDecision Decide<T>(in T facts, ulong random)
        where T : IRequestFacts, allows ref struct
    {
        // A copy per member call is what the compiler would make of an `in` parameter; facts have no mutating members.
        ref T request = ref Unsafe.AsRef(in facts);
        var host = PickHost(request.Authority);
        if (host is null)
        {
            return RouteDecision.Nothing(RouteOutcome.NoHost, null);
        }

        if (host.HttpsRedirect && request.Scheme.SequenceEqual("http"u8))
        {
            return RouteDecision.HttpsRedirect(host);
        }

        return host.TryFind(ref request, out var route, out var match) && route is not null
            ? new RouteDecision(host, route, match, random, SplitOf(route, ref request, random, out CookieModel? cookie), cookie)
            : RouteDecision.Nothing(RouteOutcome.NoRoute, host);
    }

    /// <summary>The decision with nothing drawn, and why each earlier route did not match. For people: allocates.</summary>
    public RouteExplanation Explain<T>(in T facts)
        where T : IRequestFacts, allows ref struct
    {
        ref T request = ref Unsafe.AsRef(in facts);
        var host = PickHost(request.Authority);
        return host is null ? RouteExplanation.NoHost : RouteExplanation.Of(host, ref request);
    }

    /// <summary>What the destination is drawn from: the user's key where the route has one and the request brings it, else chance.</summary>
    private static ulong SplitOf<T>(RouteModel route, ref T facts, ulong random, out CookieModel? cookie)
        where T : IRequestFacts, allows ref struct
    {
        cookie = null;
        return route.Forward is { SplitKeys.IsEmpty: false } forward && forward.SplitKeys.TryHash(facts, facts.RemoteAddress, random, out ulong hash, out cookie) ? hash : random;
    }

    /// <summary>Exact name first, then the longest "*.suffix", then "*". A port counts only where a host was written with one.</summary>
    public VirtualHostModel? PickHost(ReadOnlySpan<byte> authority)
    {
        if (_exact is null && _suffixes is null)
        {
            return _anyHost;
        }

        VirtualHostModel? host = null;
        if (_exact?.TryGet(authority, out host) is true)
        {
            return host;
        }

        var name = AuthorityText.Host(authority);
        if (name.EndsWith("."u8))
        {
            name = name[..^1]; // an absolute name is the same name
        }

        if (name.Length != authority.Length && _exact?.TryGet(name, out host) is true)
        {
            return host;
        }

        while (_suffixes is not null && name.Length > 1 && name[1..].IndexOf((byte)'.') is >= 0 and var dot)
        {
            name = name[(dot + 1)..];
            if (_suffixes.TryGet(name, out host))
            {
                return host;
            }
        }

        return _anyHost;
    }
}
