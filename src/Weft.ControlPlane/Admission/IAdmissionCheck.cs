using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>What a dialect says about one resource before it is stored: errors refuse it, warnings go to the writer. Thread-safe.</summary>
public interface IAdmissionCheck
{
    IReadOnlyList<Problem> Check(Resource resource, ResourceSnapshot snapshot);
}
