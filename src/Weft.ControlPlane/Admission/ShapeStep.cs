using System.Text.Json.Nodes;
using Weft.ControlPlane.Api;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.ControlPlane.Admission;

/// <summary>Compares with the kind's shape: unknown fields as the client wished, wrong values always refused; then defaults.</summary>
internal sealed class ShapeStep(CatalogView catalog) : IAdmissionStep
{
    public void Admit(AdmissionRequest request)
    {
        // Of what somebody else wrote the writer is not told: the status is checked when it is written, and only then.
        SchemaNode schema = catalog.Current.Schema(request.Type);
        bool ownsStatus = request.StatusOnly || !request.Type.HasStatus;
        SchemaProblem[] problems = [.. SchemaCheck.Run(request.Object, schema)
            .Where(p => p.Path.StartsWith("status", StringComparison.Ordinal) ? ownsStatus : !request.StatusOnly)];
        string[] unknown = [.. problems.Where(p => p.Kind == SchemaProblemKind.UnknownField).Select(p => $"unknown field \"{p.Path}\" ({p.Cure})")];
        if (unknown.Length > 0)
        {
            if (request.Validation == FieldValidation.Strict)
            {
                throw Refusals.StrictDecoding(request.Type, request.Version, unknown);
            }

            if (request.Validation == FieldValidation.Warn)
            {
                request.Warnings.AddRange(unknown);
            }

            SchemaCheck.Prune(request.Object, schema);
        }

        SchemaProblem[] wrong = [.. problems.Where(p => p.Kind != SchemaProblemKind.UnknownField)];
        if (wrong.Length > 0)
        {
            throw Refusals.Invalid(request.Type, request.Name, [.. wrong.Select(Cause)]);
        }

        SchemaDefaults.Apply(request.Object, schema);
    }

    private static RefusalCause Cause(SchemaProblem problem)
    {
        (string reason, string words) = problem.Kind switch
        {
            SchemaProblemKind.Missing => ("FieldValueRequired", "Required value"),
            SchemaProblemKind.WrongType => ("FieldValueTypeInvalid", $"Invalid value: {problem.Message}"),
            _ => ("FieldValueInvalid", $"Invalid value: {problem.Message}"),
        };
        return new RefusalCause(reason, problem.Path, problem.Cure.Length == 0 ? words : $"{words}; {problem.Cure}");
    }
}
