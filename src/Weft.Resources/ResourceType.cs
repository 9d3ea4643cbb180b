namespace Weft.Resources;

/// <summary>A kind of resource as the API serves it. <paramref name="Group"/> is empty for the Kubernetes core.</summary>
public sealed record ResourceType(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Older versions of the same kind, accepted on the way in and served converted (same fields).</summary>
    public IReadOnlyList<string> OtherVersions { get; init; } = [];

    public bool HasStatus { get; init; } = true;

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>Which resource: versions of a kind are views of one thing, so the version is not part of it.</summary>
public readonly record struct ResourceKey(string Group, string Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
