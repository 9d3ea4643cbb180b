using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.GatewayApi;

/// <summary>One match of one rule with its place in the order that the specification demands among all routes of a listener or service.</summary>
public sealed record RankedRoute(Route Route, Resource Owner, int RuleIndex, int MatchIndex)
{
    /// <summary>Exact path before expression before prefix.</summary>
    public int PathKind { get; init; }

    public int PathLength { get; init; }

    public bool HasMethod { get; init; }

    public int Headers { get; init; }

    public int Query { get; init; }

    /// <summary>The route's own name that the request's host falls under: its rules come before those of wider names, which hold where none of them matches.</summary>
    public string Host { get; init; } = "*";

    /// <summary>The first of two that match decides.</summary>
    public static readonly IComparer<RankedRoute> Precedence = Comparer<RankedRoute>.Create(static (a, b) =>
    {
        int order = HostNames.CompareSpecificity(a.Host, b.Host);
        order = order != 0 ? order : b.PathKind.CompareTo(a.PathKind);
        order = order != 0 ? order : b.PathLength.CompareTo(a.PathLength);
        order = order != 0 ? order : b.HasMethod.CompareTo(a.HasMethod);
        order = order != 0 ? order : b.Headers.CompareTo(a.Headers);
        order = order != 0 ? order : b.Query.CompareTo(a.Query);
        order = order != 0 ? order : a.Owner.Created.CompareTo(b.Owner.Created);
        order = order != 0 ? order : string.CompareOrdinal($"{a.Owner.Namespace}/{a.Owner.Name}", $"{b.Owner.Namespace}/{b.Owner.Name}");
        order = order != 0 ? order : a.RuleIndex.CompareTo(b.RuleIndex);
        return order != 0 ? order : a.MatchIndex.CompareTo(b.MatchIndex);
    });
}
