using System.Collections.Immutable;
using Weft.Model.V1;

namespace Weft.Policy.Routing;

/// <summary>The routes of one group of host names. Immutable.</summary>
public sealed class VirtualHostModel
{
    // What most services of a mesh have, once.
    private static readonly ImmutableArray<string> AnyHost = ["*"];

    private readonly RouteIndex _index;

    // Null where the first route takes everything, as most services' only one does.
    private readonly (RouteModel Route, MatchModel Match)[]? _entries;

    internal VirtualHostModel(VirtualHost host, string field, ProblemSink problems)
    {
        Hosts = host.Hosts is ["*"] ? AnyHost : [.. host.Hosts.Select(h => h.ToLowerInvariant())];
        HttpsRedirect = host.HttpsRedirect;
        Routes = [.. host.Routes.Select((r, i) => new RouteModel(r, i, $"{field}.routes[{i}]", problems))];
        if (Routes is [{ Matches: [var only] }] && ReferenceEquals(only, MatchModel.Any))
        {
            _index = RouteIndex.OnlyAny;
        }
        else
        {
            _entries = [.. Routes.SelectMany(r => r.Matches.Select(m => (r, m)))];
            _index = new RouteIndex([.. _entries.Select(e => e.Match)]);
        }
    }

    public ImmutableArray<string> Hosts { get; }

    /// <summary>Plain-text requests are sent to https before any route is tried.</summary>
    public bool HttpsRedirect { get; }

    public ImmutableArray<RouteModel> Routes { get; }

    internal bool TryFind<T>(ref T facts, out RouteModel? route, out MatchModel match)
        where T : IRequestFacts, allows ref struct
    {
        int found = _index.Find(ref facts);
        (route, match) = found < 0 ? (null, MatchModel.Any) : _entries is { } entries ? entries[found] : (Routes[0], MatchModel.Any);
        return found >= 0;
    }
}
