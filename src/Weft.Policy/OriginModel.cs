using Weft.Model.V1;

namespace Weft.Policy;

/// <summary>Where a decision was written, ready to print. Immutable.</summary>
public sealed class OriginModel
{
    public OriginModel(Origin? origin)
    {
        origin ??= new Origin();
        ApiVersion = origin.ApiVersion;
        Kind = origin.Kind;
        Namespace = origin.Namespace;
        Name = origin.Name;
        Field = origin.Field;
        RuleName = origin.RuleName;
        Resource = Kind.Length == 0 ? string.Empty : Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
        string place = Field.Length == 0 ? Resource : $"{Resource} {Field}";
        Display = new Utf8Text(RuleName.Length == 0 ? place : $"{place} ({RuleName})");
    }

    public static OriginModel None { get; } = new(null);

    public string ApiVersion { get; }

    public string Kind { get; }

    public string Namespace { get; }

    public string Name { get; }

    public string Field { get; }

    public string RuleName { get; }

    /// <summary>"VirtualService default/reviews".</summary>
    public string Resource { get; }

    /// <summary>"VirtualService default/reviews http[0] (canary)".</summary>
    public Utf8Text Display { get; }

    public override string ToString() => Display.Text;
}
