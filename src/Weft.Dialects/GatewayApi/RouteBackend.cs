namespace Weft.Dialects.GatewayApi;

/// <summary>What a backendRef comes to. A bad one keeps its share of the traffic, which is answered with an error.</summary>
/// <param name="Reason">Of the ResolvedRefs condition; empty when it is good.</param>
public readonly record struct RouteBackend(string Cluster, string Reason, string Message)
{
    public bool IsGood => Reason.Length == 0;
}
