using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>Creates a pod the way a client would: with admission, so that it gets its address and defaults.</summary>
public interface IPodCreator
{
    /// <returns>False when it was refused; the reason is logged by the implementation.</returns>
    ValueTask<bool> CreateAsync(Resource pod, CancellationToken ct);
}
