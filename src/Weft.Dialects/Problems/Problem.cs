using System.Text;
using Weft.Resources;

namespace Weft.Dialects.Problems;

public enum ProblemLevel
{
    Info,
    Warning,
    Error,
}

/// <summary>Something wrong, doubtful or not supported in what a person wrote: data, never an exception.</summary>
/// <param name="Code">A code of docs/problems.md.</param>
/// <param name="Path">The field, "spec.http[0].route[1]"; empty for the resource as a whole.</param>
/// <param name="Cure">What to do about it; one sentence.</param>
public sealed record Problem(string Code, ProblemLevel Level, ResourceKey Resource, string Path, string Message, string Cure)
{
    /// <summary>Where its resource begins, to tell documents of one name apart.</summary>
    public SourcePosition? Source { get; init; }

    /// <summary>The file it was written in; empty when the resource came from the store.</summary>
    public string File { get; init; } = "";

    /// <summary>Counted from 1; 0 when unknown.</summary>
    public int Line { get; init; }

    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(Level).Append(" [").Append(Code).Append(']');
        if (Resource.Kind.Length > 0)
        {
            text.Append(" (").Append(Resource).Append(')');
        }
        if (File.Length > 0)
        {
            text.Append(' ').Append(File).Append(':').Append(Line);
        }
        if (Path.Length > 0)
        {
            text.Append(' ').Append(Path);
        }
        text.Append(": ").Append(Message);
        return Cure.Length == 0 ? text.ToString() : text.Append(' ').Append(Cure).ToString();
    }
}
