using Weft.Model.V1;

namespace Weft.Policy;

/// <summary>Something in a resource that cannot be compiled. What it belongs to is left out (routes) or denies (authorization).</summary>
/// <param name="Resource">The schema resource's name.</param>
/// <param name="Field">Where in it, and where it was written.</param>
/// <param name="Message">What is wrong, ending in the cure.</param>
public sealed record PolicyProblem(string Resource, string Field, string Message)
{
    public override string ToString() => $"{Resource} {Field}: {Message}";
}

/// <summary>Collects what compilation finds; knows the path it is at, so that no part has to carry strings around.</summary>
internal sealed class ProblemSink(string resource, ICollection<PolicyProblem>? problems)
{
    private Origin? _origin;

    public int Count { get; private set; }

    /// <summary>Names the resource that the following problems were written in.</summary>
    public void At(Origin? origin) => _origin = origin;

    public void Add(string field, string message)
    {
        Count++;
        string place = _origin is { Kind.Length: > 0 } o ? $"{o.Kind} {o.Namespace}/{o.Name} {o.Field}: {field}" : field;
        problems?.Add(new PolicyProblem(resource, place, message));
    }
}
