using Weft.ControlPlane.Api;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>Asks the dialects; an error refuses the write, anything milder is a warning to its writer.</summary>
internal sealed class DialectStep(IEnumerable<IAdmissionCheck> checks) : IAdmissionStep
{
    private readonly IAdmissionCheck[] _checks = [.. checks];

    public void Admit(AdmissionRequest request)
    {
        if (_checks.Length == 0)
        {
            return;
        }

        Resource resource = new(request.Object);
        Problem[] problems = [.. _checks.SelectMany(c => c.Check(resource, request.Snapshot))];
        Problem[] errors = [.. problems.Where(p => p.Level == ProblemLevel.Error)];
        if (errors.Length > 0)
        {
            throw Refusals.Invalid(request.Type, request.Name,
                [.. errors.Select(e => new RefusalCause("FieldValueInvalid", e.Path.Length == 0 ? "spec" : e.Path, $"Invalid value: {Text(e)}"))]);
        }

        request.Warnings.AddRange(problems.Where(p => p.Level == ProblemLevel.Warning).Select(p => $"{(p.Path.Length == 0 ? "" : p.Path + ": ")}{Text(p)}"));
    }

    private static string Text(Problem problem) => $"{problem.Message} {problem.Cure} [{problem.Code}]".Replace("  ", " ", StringComparison.Ordinal);
}
