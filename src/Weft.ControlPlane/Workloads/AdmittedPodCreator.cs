using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Weft.ControlPlane.Api;
using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>Creates pods through the API's own service: admitted, defaulted, with an address.</summary>
internal sealed class AdmittedPodCreator(ResourceService service, ILogger<AdmittedPodCreator> logger) : IPodCreator
{
    private static readonly WriteRequest Request = new(new WriteOrigin("system:weft:deployments", "weft-control")) { FieldManager = "weft-deployments" };

    public async ValueTask<bool> CreateAsync(Resource pod, CancellationToken ct)
    {
        ResourceType type = service.Catalog.Find("", "Pod") ?? throw new InvalidOperationException("The catalogue has no pods.");
        try
        {
            await service.CreateAsync(type, type.Version, (JsonObject)pod.Json.DeepClone(), Request, ct);
            return true;
        }
        catch (ApiRefusedException refused)
        {
            WorkloadsLog.Refused(logger, pod.Namespace, pod.Name, refused.Message);
            return false;
        }
    }
}
