using System.Net;
using System.Text.Json.Nodes;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Registry;
using Weft.Resources;

namespace Weft.ControlPlane.Observe;

/// <summary>Prometheus' HTTP service discovery (http_sd_config): one group per proxy.</summary>
internal static class PrometheusTargets
{
    public static JsonArray Of(ResourceSnapshot snapshot)
    {
        var groups = new JsonArray();
        foreach (Resource pod in snapshot.OfKind("", "Pod"))
        {
            if (pod.Annotations.GetValueOrDefault(PodAnnotations.MetricsPort) is not { Length: > 0 } port)
            {
                continue;
            }

            groups.Add(new JsonObject
            {
                ["targets"] = new JsonArray($"{HostOf(pod)}:{port}"),
                ["labels"] = new JsonObject
                {
                    ["namespace"] = pod.Namespace,
                    ["pod"] = pod.Name,
                    ["service_account"] = NodeAdmission.ServiceAccountOf(pod),
                    ["app"] = pod.Labels.GetValueOrDefault("app", ""),
                    ["version"] = pod.Labels.GetValueOrDefault("version", ""),
                    ["__metrics_path__"] = "/metrics",
                },
            });
        }

        return groups;
    }

    // Metrics are served on the address peers dial, another port.
    private static string HostOf(Resource pod) =>
        IPEndPoint.TryParse(pod.Annotations.GetValueOrDefault(PodAnnotations.InboundAddress, ""), out IPEndPoint? inbound)
            ? inbound.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{inbound.Address}]" : inbound.Address.ToString()
            : "127.0.0.1";
}
