using Weft.Compile;
using Weft.Compile.Analyze;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>
/// Tells the writer what `weft analyze` would say of the resource. Warnings only: a route may be written before the
/// service it names, as everywhere else, and the finding stays on the resource's status.
/// </summary>
internal sealed class MeshAnalysisCheck(CompileOptions options) : IAdmissionCheck
{
    public IReadOnlyList<Problem> Check(Resource resource, ResourceSnapshot snapshot) =>
        resource.Group.EndsWith(".istio.io", StringComparison.Ordinal) || resource.Group is "gateway.networking.k8s.io" or "weft.dev" || resource is { Group: "", Kind: "Service" }
            ? [.. MeshAnalysis.Check(resource, snapshot, options).Where(p => p.Level != ProblemLevel.Info).Select(p => p with { Level = ProblemLevel.Warning })]
            : [];
}
