using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Dialects.Reading;

/// <summary>Finds the file and line of a problem among the resources that were read from files. Built by one reader, then only read.</summary>
public sealed class SourceIndex
{
    private readonly Dictionary<ResourceKey, (string File, SourceNode Root)> _roots = [];

    internal void Add(ResourceKey key, string file, SourceNode root) => _roots[key] = (file, root);

    public Problem Locate(Problem problem)
    {
        if (problem.File.Length > 0 || !_roots.TryGetValue(problem.Resource, out (string File, SourceNode Root) found))
        {
            return problem;
        }
        return problem with { File = found.File, Line = found.Root.Nearest(problem.Path).Line };
    }

    /// <summary>Located and sorted as `weft analyze` prints them: by file, line, then code.</summary>
    public IReadOnlyList<Problem> Locate(IEnumerable<Problem> problems) =>
        [.. problems.Select(Locate).OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)
            .ThenBy(p => p.Code, StringComparer.Ordinal).ThenBy(p => p.Path, StringComparer.Ordinal)];
}
