using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Dialects.Reading;

/// <summary>Finds the file and line of a problem among the resources that were read from files. Built by one reader, then only read.</summary>
public sealed class SourceIndex
{
    private readonly Dictionary<SourcePosition, SourceNode> _roots = [];

    internal void Add(SourcePosition source, SourceNode root) => _roots[source] = root;

    public Problem Locate(Problem problem)
    {
        if (problem.File.Length > 0 || problem.Source is not { } source || !_roots.TryGetValue(source, out SourceNode? root))
        {
            return problem;
        }
        return problem with { File = source.File, Line = root.Nearest(problem.Path).Line };
    }

    /// <summary>Located and sorted as `weft analyze` prints them: by file, line, then code.</summary>
    public IReadOnlyList<Problem> Locate(IEnumerable<Problem> problems) =>
        [.. problems.Select(Locate).OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)
            .ThenBy(p => p.Code, StringComparer.Ordinal).ThenBy(p => p.Path, StringComparer.Ordinal)];
}
