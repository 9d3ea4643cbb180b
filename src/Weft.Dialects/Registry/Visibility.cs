namespace Weft.Dialects.Registry;

/// <summary>Istio's exportTo: which namespaces may see a resource.</summary>
public readonly record struct Visibility
{
    private readonly string[]? _namespaces;
    private readonly string _owner;

    private Visibility(string owner, string[]? namespaces)
    {
        _owner = owner;
        _namespaces = namespaces;
    }

    /// <summary>"*" all (also when nothing is said), "." the owner's, "~" nobody, else names.</summary>
    public static Visibility Of(string ownerNamespace, IEnumerable<string> exportTo)
    {
        string[] names = [.. exportTo.Select(n => n.Trim())];
        return new Visibility(ownerNamespace, names.Length == 0 || names.Contains("*") ? null : [.. names.Select(n => n == "." ? ownerNamespace : n)]);
    }

    public bool IsPublic => _namespaces is null;

    /// <summary>Only its own namespace sees it.</summary>
    public bool IsPrivate => _namespaces is { } names && names.All(IsOwner);

    public bool Includes(string ns) => _namespaces is null || Array.IndexOf(_namespaces, ns) >= 0;

    /// <summary>Whether the same namespaces see both.</summary>
    public bool IsSame(Visibility other) => _namespaces is null || other._namespaces is null
        ? _namespaces is null && other._namespaces is null
        : _namespaces.Order(StringComparer.Ordinal).SequenceEqual(other._namespaces.Order(StringComparer.Ordinal), StringComparer.Ordinal);

    private bool IsOwner(string name) => name == _owner;
}
