using Weft.ControlPlane.Admission;
using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>Everything about a write but the resource itself.</summary>
public sealed record WriteRequest(WriteOrigin Origin)
{
    public FieldValidation Validation { get; init; } = FieldValidation.Warn;

    public bool DryRun { get; init; }

    /// <summary>Who owns the fields written, in managedFields.</summary>
    public string FieldManager { get; init; } = "unknown";

    /// <summary>Server-side apply takes fields from other managers instead of refusing.</summary>
    public bool Force { get; init; }
}

/// <param name="Resource">As stored, or as it would be in a dry run.</param>
public sealed record Written(Resource Resource, bool Created, IReadOnlyList<string> Warnings);

public enum PatchKind
{
    Json,
    Merge,
    Strategic,
    Apply,
}
