namespace Weft.Resources;

/// <summary>A kind of resource as the API serves it. <paramref name="Group"/> is empty for the Kubernetes core.</summary>
public sealed record ResourceType(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Other versions of the same kind, accepted on the way in and served converted (same fields).</summary>
    public IReadOnlyList<string> OtherVersions { get; init; } = [];

    public bool HasStatus { get; init; } = true;

    /// <summary>What `kubectl get` shows between the name and the age.</summary>
    public IReadOnlyList<ResourceColumn> Columns { get; init; } = [];

    public IEnumerable<string> Versions => OtherVersions.Prepend(Version);

    public string ApiVersion => ApiVersionOf(Version);

    public string ApiVersionOf(string version) => Group.Length == 0 ? version : $"{Group}/{version}";

    public ResourceKey KeyOf(string ns, string name) => new(Group, Kind, Namespaced ? ns : "", name);

    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <param name="Path">A JSONPath of the small kind that printer columns use: .a.b, .a[*].b, .a[?(@.type=="X")].b.</param>
/// <param name="Priority">0 is always shown, more only with -o wide.</param>
public sealed record ResourceColumn(string Name, string Path, string Type, int Priority = 0);

/// <summary>Which resource: versions of a kind are views of one thing, so the version is not part of it.</summary>
public readonly record struct ResourceKey(string Group, string Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
