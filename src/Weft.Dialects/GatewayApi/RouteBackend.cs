namespace Weft.Dialects.GatewayApi;

/// <summary>What a backendRef comes to. A bad one keeps its share of the traffic, which is answered with an error.</summary>
/// <param name="Reason">Of the ResolvedRefs condition; empty when it is good.</param>
public readonly record struct RouteBackend(string Cluster, string Reason, string Message)
{
    public bool IsGood => Reason.Length == 0;

    /// <summary>The reference is good and yet nothing may be sent: a policy on the backend cannot be kept.</summary>
    public bool IsBarred { get; init; }

    public bool IsUsable => IsGood && !IsBarred;
}
