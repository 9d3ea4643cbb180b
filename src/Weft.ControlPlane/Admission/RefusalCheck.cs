using System.Text.Json.Nodes;
using Weft.Compile.Analyze;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>
/// Refuses what every proxy would refuse, while its writer is still there to be told. What was stored before, by a version that checked less, may still be
/// labelled, finalized and given a status: only a spec that changes is looked at.
/// </summary>
internal sealed class RefusalCheck : IAdmissionCheck
{
    public IReadOnlyList<Problem> Check(Resource resource, ResourceSnapshot snapshot) =>
        JsonNode.DeepEquals(resource.Spec, snapshot.Find(resource.Key)?.Spec) ? [] : MeshAnalysis.Refusals(resource);
}
