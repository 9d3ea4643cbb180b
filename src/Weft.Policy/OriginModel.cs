using Weft.Model.V1;

namespace Weft.Policy;

/// <summary>Where a decision was written, ready to print. Immutable.</summary>
public sealed class OriginModel
{
    public OriginModel(Origin? origin)
    {
        origin ??= new Origin();
        ApiVersion = string.Intern(origin.ApiVersion); // thousands of origins share a few kinds and namespaces
        Kind = string.Intern(origin.Kind);
        Namespace = string.Intern(origin.Namespace);
        Name = origin.Name;
        Field = origin.Field;
        RuleName = origin.RuleName;
    }

    public static OriginModel None { get; } = new(null);

    public string ApiVersion { get; }

    public string Kind { get; }

    public string Namespace { get; }

    public string Name { get; }

    public string Field { get; }

    public string RuleName { get; }

    /// <summary>"VirtualService default/reviews".</summary>
    public string Resource => Kind.Length == 0 ? string.Empty : Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    /// <summary>"VirtualService default/reviews http[0] (canary)".</summary>
    /// <remarks>Made when it is first asked for: most are never printed.</remarks>
    public Utf8Text Display => field ??= Describe();

    public override string ToString() => Display.Text;

    private Utf8Text Describe()
    {
        string place = Field.Length == 0 ? Resource : $"{Resource} {Field}";
        return new Utf8Text(RuleName.Length == 0 ? place : $"{place} ({RuleName})");
    }
}
