using System.Collections.Immutable;
using System.Text;
using Weft.Model.V1;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>Routes of opaque connections, by server name and destination address. Immutable; the first match decides.</summary>
public sealed class TcpRouteTable
{
    private TcpRouteTable(TcpRouteSet set, ProblemSink problems)
    {
        Name = new Utf8Text(set.Name);
        Routes = [.. set.Routes.Select((r, i) => new TcpRouteModel(r, i, problems))];
    }

    public Utf8Text Name { get; }

    public ImmutableArray<TcpRouteModel> Routes { get; }

    public static TcpRouteTable Compile(TcpRouteSet set, ICollection<PolicyProblem>? problems = null) => new(set, new ProblemSink(set.Name, problems));

    /// <param name="sni">The server name of the ClientHello in lower case; empty without TLS.</param>
    /// <param name="destination">Where the client dialled.</param>
    /// <param name="random">One fresh number per connection.</param>
    public TcpDecision Decide(ReadOnlySpan<byte> sni, IpValue destination, ulong random)
    {
        foreach (var route in Routes)
        {
            if (route.Matches(sni, destination))
            {
                return new TcpDecision(route, route.Pick(random));
            }
        }

        return default;
    }

    /// <summary>The decision without a draw, and why each earlier route was passed over.</summary>
    public TcpRouteModel? Explain(ReadOnlySpan<byte> sni, IpValue destination, ICollection<string> why)
    {
        foreach (var route in Routes)
        {
            if (route.Matches(sni, destination))
            {
                return route;
            }

            string cause = route.MatchesSni(sni)
                ? $"destination {destination} is in none of {string.Join(", ", route.DestinationSubnets)}"
                : $"server name '{Encoding.UTF8.GetString(sni)}' is none of {string.Join(", ", route.SniHosts)}";
            why.Add($"{route.Origin} does not match: {cause}.");
        }

        return null;
    }
}

/// <summary>Where a connection goes. No route: <see cref="Route"/> is null. No destination that works: <see cref="Destination"/> is null or has an invalid status.</summary>
public readonly record struct TcpDecision(TcpRouteModel? Route, DestinationModel? Destination)
{
    public bool IsForward => Destination is { InvalidStatus: 0 };
}

/// <summary>One compiled route of opaque connections. Immutable.</summary>
public sealed class TcpRouteModel
{
    private readonly ImmutableArray<byte[]> _exact;
    private readonly ImmutableArray<byte[]> _suffixes;
    private readonly bool _anySni;
    private readonly ImmutableArray<IpBlock> _blocks;
    private readonly WeightedChoice _choice;

    internal TcpRouteModel(TcpRoute route, int index, ProblemSink problems)
    {
        string field = $"routes[{index}]";
        problems.At(route.Origin);
        Index = index;
        Origin = route.Origin is null ? OriginModel.None : new OriginModel(route.Origin);
        SniHosts = [.. route.SniHosts.Select(h => h.ToLowerInvariant())];
        DestinationSubnets = [.. route.DestinationSubnets];
        _anySni = SniHosts.IsEmpty || SniHosts.Contains("*");
        _suffixes = [.. SniHosts.Where(h => h.StartsWith("*.", StringComparison.Ordinal)).Select(h => Encoding.UTF8.GetBytes(h[1..]))];
        _exact = [.. SniHosts.Where(h => !h.StartsWith('*')).Select(Encoding.UTF8.GetBytes)];
        _blocks = Blocks(DestinationSubnets, field, problems);
        Destinations = [.. route.Clusters.Select((c, i) => new DestinationModel(c, $"{field}.clusters[{i}]", problems))];
        _choice = new WeightedChoice(Destinations, field, problems);
    }

    public int Index { get; }

    public OriginModel Origin { get; }

    public ImmutableArray<string> SniHosts { get; }

    public ImmutableArray<string> DestinationSubnets { get; }

    public ImmutableArray<DestinationModel> Destinations { get; }

    internal bool Matches(ReadOnlySpan<byte> sni, IpValue destination) => MatchesSni(sni) && MatchesDestination(destination);

    internal DestinationModel? Pick(ulong random) => _choice.Pick(random);

    internal bool MatchesSni(ReadOnlySpan<byte> sni)
    {
        if (_anySni)
        {
            return true;
        }

        foreach (byte[] host in _exact)
        {
            if (AsciiFold.EqualsLower(sni, host))
            {
                return true;
            }
        }

        foreach (byte[] suffix in _suffixes)
        {
            // "*.example.com" stands for at least one label.
            if (sni.Length > suffix.Length && AsciiFold.EqualsLower(sni[^suffix.Length..], suffix))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesDestination(IpValue destination)
    {
        if (DestinationSubnets.IsEmpty)
        {
            return true;
        }

        foreach (var block in _blocks)
        {
            if (block.Contains(destination))
            {
                return true;
            }
        }

        return false;
    }

    private static ImmutableArray<IpBlock> Blocks(ImmutableArray<string> written, string field, ProblemSink problems)
    {
        var blocks = ImmutableArray.CreateBuilder<IpBlock>(written.Length);
        foreach (string text in written)
        {
            if (IpBlock.TryParse(text, out var block))
            {
                blocks.Add(block);
            }
            else
            {
                problems.Add($"{field}.destination_subnets", $"'{text}' is no address block; write \"10.0.0.0/8\".");
            }
        }

        return blocks.ToImmutable();
    }
}
