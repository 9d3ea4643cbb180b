namespace Weft.Compile.GatewayApi;

/// <summary>What became of one listener.</summary>
/// <param name="AcceptedReason">"Accepted", or why not.</param>
/// <param name="ConflictReason">"NoConflicts", or which.</param>
/// <param name="Kinds">Of routes that may attach.</param>
/// <param name="RefsReason">"ResolvedRefs", or what is wrong with a reference.</param>
internal sealed record ListenerVerdict(ListenerConfig Listener, string AcceptedReason, string ConflictReason, IReadOnlyList<string> Kinds, string RefsReason, string RefsMessage)
{
    public bool Accepted => AcceptedReason == "Accepted";

    public bool Resolved => RefsReason == "ResolvedRefs";

    public bool Conflicted => ConflictReason != "NoConflicts";

    public bool Programmed => Accepted && Resolved;

    /// <summary>Proxies open it: all is well, or only a route kind is wrong, which concerns nobody's traffic.</summary>
    public bool Served => Accepted && (Resolved || RefsReason == "InvalidRouteKinds");
}
