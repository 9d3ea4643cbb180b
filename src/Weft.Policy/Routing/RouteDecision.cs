using System.Runtime.CompilerServices;

namespace Weft.Policy.Routing;

/// <summary>What becomes of a request.</summary>
public enum RouteOutcome : byte
{
    /// <summary>No virtual host has that name.</summary>
    NoHost,

    /// <summary>No route matches.</summary>
    NoRoute,

    /// <summary>To <see cref="RouteDecision.Destination"/>.</summary>
    Forward,

    /// <summary>To the location that <see cref="RouteDecision.TryWriteLocation"/> writes.</summary>
    Redirect,

    /// <summary>Answered with the route's direct response.</summary>
    Direct,

    /// <summary>The route has no destination that works: answered with <see cref="RouteDecision.InvalidStatus"/>.</summary>
    Invalid,
}

/// <summary>All that was decided about one request before an endpoint is picked. Small; passed by value, nothing in it is per request but numbers.</summary>
public readonly struct RouteDecision
{
    // Gateway API HTTPRouteRule.backendRefs: no backend, or only weights of 0, is answered 500.
    private const int NoDestinationStatus = 500;

    private readonly MatchModel? _match;
    private readonly RedirectModel? _redirect;
    private readonly ulong _random;

    internal RouteDecision(VirtualHostModel host, RouteModel route, MatchModel match, ulong random, ulong split, CookieModel? splitCookie)
    {
        VirtualHost = host;
        Route = route;
        _match = match;
        _random = random;
        _redirect = route.Redirect;
        SplitCookie = splitCookie;
        Fault = route.Fault is null ? default : route.Fault.Draw(random);
        if (route.Forward is { } forward)
        {
            Destination = forward.Pick(split);
            InvalidStatus = Destination is null ? NoDestinationStatus : Destination.InvalidStatus;
            Outcome = InvalidStatus == 0 ? RouteOutcome.Forward : RouteOutcome.Invalid;
        }
        else
        {
            Outcome = route.Redirect is null ? RouteOutcome.Direct : RouteOutcome.Redirect;
        }
    }

    private RouteDecision(RouteOutcome outcome, VirtualHostModel? host, RedirectModel? redirect)
    {
        Outcome = outcome;
        VirtualHost = host;
        _redirect = redirect;
    }

    public RouteOutcome Outcome { get; }

    public VirtualHostModel? VirtualHost { get; }

    /// <summary>Null without a match, and for a virtual host that moves to https as a whole.</summary>
    public RouteModel? Route { get; }

    /// <summary>The match of the route that held.</summary>
    public MatchModel Match => _match ?? MatchModel.Any;

    /// <summary>The destination that was drawn.</summary>
    public DestinationModel? Destination { get; }

    /// <summary>To be set with the answer, with <see cref="SplitCookieValue"/>: the request came without it, and its user shall stay with the version it got.</summary>
    public CookieModel? SplitCookie { get; }

    public ulong SplitCookieValue => _random;

    public int InvalidStatus { get; }

    /// <summary>What to inject; drawn already.</summary>
    public FaultDraw Fault { get; }

    /// <summary>301, 302, … of a redirect.</summary>
    public int RedirectStatus => _redirect?.Status ?? 0;

    /// <summary>Where it was decided, for access log and explain.</summary>
    public OriginModel Origin => Route?.Origin ?? OriginModel.None;

    /// <summary>The new authority; null leaves it. The route's own wins over its destination's.</summary>
    public Utf8Text? Authority => Route?.Forward?.Rewrite?.Authority ?? Destination?.Rewrite?.Authority;

    /// <summary>The authority becomes the endpoint's host name.</summary>
    public bool AuthorityFromEndpoint =>
        Authority is null && (Route?.Forward?.Rewrite?.AuthorityFromEndpoint == true || Destination?.Rewrite?.AuthorityFromEndpoint == true);

    /// <summary>Whether the mirror of that place in the route's list gets a copy; drawn independently of everything else.</summary>
    public bool Mirrors(int index) =>
        Route?.Forward is { } forward && Draws.Hit(_random, Draws.FirstMirror + (uint)index, forward.Mirrors[index].Ppm);

    /// <summary>Writes the path to send, without its query. The destination's own rewrite goes before the route's.</summary>
    public RewriteStatus RewritePath(ReadOnlySpan<byte> path, Span<byte> destination, out int written)
    {
        written = 0;
        var rewrite = Destination?.Rewrite is { ChangesPath: true } own ? own : Route?.Forward?.Rewrite;
        return rewrite is null ? RewriteStatus.Unchanged : rewrite.WritePath(path, Match, destination, out written);
    }

    /// <summary>Writes the Location of a redirect; false when it does not fit.</summary>
    public bool TryWriteLocation<T>(in T facts, Span<byte> destination, out int written)
        where T : IRequestFacts, allows ref struct
    {
        written = 0;
        return _redirect is not null && _redirect.TryWriteLocation(ref Unsafe.AsRef(in facts), Match, destination, out written);
    }

    internal static RouteDecision Nothing(RouteOutcome outcome, VirtualHostModel? host) => new(outcome, host, null);

    internal static RouteDecision HttpsRedirect(VirtualHostModel host) => new(RouteOutcome.Redirect, host, RedirectModel.ToHttps);
}
