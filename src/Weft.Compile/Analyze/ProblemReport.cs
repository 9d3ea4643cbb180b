using Weft.Dialects.Fields;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Collects the problems of one analysis.</summary>
internal sealed class ProblemReport
{
    private readonly List<Problem> _problems = [];

    public IReadOnlyList<Problem> Problems => _problems;

    public void Add(Resource resource, string code, string path, string message, ProblemLevel? level = null, string? cure = null)
    {
        ProblemKind kind = ProblemCatalogue.Find(code);
        _problems.Add(new Problem(code, level ?? kind.Level, resource.Key, path, message, cure ?? kind.Cure) { Source = resource.Source });
    }

    public void Add(Resource resource, string code, Field field, string message, ProblemLevel? level = null, string? cure = null) =>
        Add(resource, code, field.Path, message, level, cure);

    /// <summary>Once for each place, whoever finds it again.</summary>
    public void AddOnce(Resource resource, string code, Field field, string message)
    {
        if (!_problems.Exists(p => p.Code == code && p.Path == field.Path && p.Source == resource.Source && p.Resource == resource.Key))
        {
            Add(resource, code, field, message);
        }
    }

    public void Invalid(Resource resource, Field field, string message, string? cure = null) => Add(resource, "IST0106", field.Path, message, cure: cure);
}
