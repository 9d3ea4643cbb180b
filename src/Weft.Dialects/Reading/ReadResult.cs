using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Dialects.Reading;

/// <param name="Resources">In the order of files and documents; nothing is dropped because something else is wrong.</param>
/// <param name="Problems">What could not be read, with file, line and cure; empty when every byte was understood.</param>
public sealed record ReadResult(IReadOnlyList<Resource> Resources, IReadOnlyList<Problem> Problems, SourceIndex Sources)
{
    public bool IsGood => Problems.All(p => p.Level != ProblemLevel.Error);
}
