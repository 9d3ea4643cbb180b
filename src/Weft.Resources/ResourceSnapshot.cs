using System.Collections.Immutable;

namespace Weft.Resources;

/// <summary>All live resources at one revision.</summary>
public sealed class ResourceSnapshot(long revision, ImmutableDictionary<(string Group, string Kind), ImmutableSortedDictionary<ResourceKey, Resource>> kinds)
{
    public static readonly IComparer<ResourceKey> Order = Comparer<ResourceKey>.Create(static (a, b) =>
    {
        int byNamespace = string.CompareOrdinal(a.Namespace, b.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(a.Name, b.Name);
    });

    public static readonly ResourceSnapshot Empty =
        new(0, ImmutableDictionary<(string, string), ImmutableSortedDictionary<ResourceKey, Resource>>.Empty);

    public long Revision => revision;

    public IEnumerable<Resource> All => kinds.Values.SelectMany(k => k.Values);

    /// <summary>By namespace, then name.</summary>
    public IEnumerable<Resource> OfKind(string group, string kind) =>
        kinds.TryGetValue((group, kind), out ImmutableSortedDictionary<ResourceKey, Resource>? found) ? found.Values : [];

    public Resource? Find(ResourceKey key) =>
        kinds.TryGetValue((key.Group, key.Kind), out ImmutableSortedDictionary<ResourceKey, Resource>? found)
            ? found.GetValueOrDefault(key) : null;

    public ResourceSnapshot With(Resource resource, long atRevision)
    {
        ResourceKey key = resource.Key;
        ImmutableSortedDictionary<ResourceKey, Resource> same = kinds.GetValueOrDefault((key.Group, key.Kind))
            ?? ImmutableSortedDictionary.Create<ResourceKey, Resource>(Order);
        return new ResourceSnapshot(atRevision, kinds.SetItem((key.Group, key.Kind), same.SetItem(key, resource)));
    }

    public ResourceSnapshot Without(ResourceKey key, long atRevision) =>
        kinds.TryGetValue((key.Group, key.Kind), out ImmutableSortedDictionary<ResourceKey, Resource>? same)
            ? new ResourceSnapshot(atRevision, kinds.SetItem((key.Group, key.Kind), same.Remove(key)))
            : new ResourceSnapshot(atRevision, kinds);

    /// <summary>The same resources, seen at a later revision.</summary>
    public ResourceSnapshot At(long atRevision) => new(atRevision, kinds);

    /// <summary>From files: a later resource of the same key replaces an earlier one.</summary>
    public static ResourceSnapshot Of(IEnumerable<Resource> resources) =>
        resources.Aggregate(Empty, static (snapshot, resource) => snapshot.With(resource, 0));
}
