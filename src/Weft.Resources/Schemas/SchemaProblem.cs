namespace Weft.Resources.Schemas;

public enum SchemaProblemKind
{
    UnknownField,
    WrongType,
    Missing,
    NotAllowed,
}

/// <summary>One thing that is wrong with a resource's shape. Paths are written as spec.http[0].route[1].destination.</summary>
public sealed record SchemaProblem(SchemaProblemKind Kind, string Path, string Message, string Cure)
{
    public override string ToString() => Cure.Length == 0 ? $"{Path}: {Message}" : $"{Path}: {Message}; {Cure}";
}
