using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>Writes pods straight into the store: for hosts without an admission pipeline.</summary>
internal sealed class StoredPodCreator(IResourceStore store) : IPodCreator
{
    private static readonly WriteOrigin Origin = new("system:weft:deployments", "weft-control");

    public async ValueTask<bool> CreateAsync(Resource pod, CancellationToken ct) =>
        (await store.PutAsync(pod, 0, Origin, ct)).Status == WriteStatus.Written;
}
