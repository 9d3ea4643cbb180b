using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>What can be distributed at one moment. Immutable; answers may be computed on first use.</summary>
internal interface IMeshView
{
    /// <summary>The resources this view was made of.</summary>
    ResourceSnapshot Resources { get; }

    /// <summary>All of a type that this subscriber may see; null when that cannot be said now, and then nothing changes for it.</summary>
    IEnumerable<EncodedResource>? All(string type, SubscriberScope scope);

    /// <summary>
    /// False when it cannot be said now: unknown is never 'removed'. A null resource means that there is none, or that the
    /// subscriber may not see it: the two look alike on purpose.
    /// </summary>
    bool TryFind(string type, string name, SubscriberScope scope, out EncodedResource? resource);
}

/// <summary>Who a subscriber is, as proved by its certificate and recorded in its Pod; decides what it may see.</summary>
internal sealed record SubscriberScope(
    string Namespace, string Pod, string ServiceAccount, IReadOnlyDictionary<string, string> Labels, bool IsGateway)
{
    /// <summary>"namespace/pod", the name of its Workload resource.</summary>
    public string Workload { get; } = $"{Namespace}/{Pod}";
}
