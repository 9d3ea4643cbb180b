using System.Text.Json.Nodes;
using Weft.Protocol.Discovery.V1;
using Weft.Resources;
using Resource = Weft.Resources.Resource;

namespace Weft.ControlPlane.Registry;

/// <summary>What a pod's record becomes after its proxy told something. Pure.</summary>
internal static class PodStatus
{
    /// <summary>Whether the proxy's stream is open. Apart from Ready on purpose: an endpoint that fell silent is unknown, and unknown is not removed.</summary>
    public const string Connected = "weft.dev/ProxyConnected";

    /// <summary>The pod with the proxy's word written in; null when nothing changes.</summary>
    public static Resource? WithReport(Resource pod, WorkloadStatus report, string host, DateTimeOffset now)
    {
        Resource next = pod.Clone();
        JsonObject annotations = Child(Child(next.Json, "metadata"), "annotations");
        if (report.InboundPort != 0)
        {
            string address = report.InboundAddress.Length > 0 ? report.InboundAddress : "127.0.0.1";
            annotations[PodAnnotations.InboundAddress] = address.Contains(':') ? $"[{address}]:{report.InboundPort}" : $"{address}:{report.InboundPort}";
        }

        SetOrRemove(annotations, PodAnnotations.InboundSocket, report.InboundUnixSocket);
        SetOrRemove(annotations, PodAnnotations.PeerProtocol, report.PeerProtocol);
        SetOrRemove(annotations, PodAnnotations.Host, host);
        SetOrRemove(annotations, PodAnnotations.MetricsPort, report.MetricsPort == 0 ? "" : report.MetricsPort.ToString());

        bool ready = report.Ready && !report.Draining;
        string reason = report.Draining ? "Draining" : report.Ready ? "AppAccepts" : "AppNotListening";
        JsonObject status = Child(next.Json, "status");
        status["phase"] = "Running";
        status["startTime"] ??= Text(now);
        SetCondition(status, "PodScheduled", true, "", now);
        SetCondition(status, "Initialized", true, "", now);
        SetCondition(status, "ContainersReady", ready, reason, now);
        SetCondition(status, "Ready", ready, reason, now);
        SetCondition(status, Connected, true, "StreamOpen", now);
        SetContainers(next.Spec, status, ready);
        return JsonNode.DeepEquals(next.Json, pod.Json) ? null : new Resource(next.Json);
    }

    /// <summary>After the grace: the stream is gone and nobody else said anything.</summary>
    public static Resource? WithoutStream(Resource pod, DateTimeOffset now)
    {
        Resource next = pod.Clone();
        SetCondition(Child(next.Json, "status"), Connected, false, "StreamClosed", now);
        return JsonNode.DeepEquals(next.Json, pod.Json) ? null : new Resource(next.Json);
    }

    public static bool IsTrue(Resource resource, string condition) => Find(resource, condition)?["status"]?.GetValue<string>() == "True";

    public static JsonObject? Find(Resource resource, string condition) =>
        (resource.Status?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => c["type"]?.GetValue<string>() == condition);

    /// <summary>Kubernetes' rule: lastTransitionTime moves only with the status.</summary>
    public static void SetCondition(JsonObject status, string type, bool value, string reason, DateTimeOffset now, string message = "")
    {
        if (status["conditions"] is not JsonArray conditions)
        {
            status["conditions"] = conditions = [];
        }

        JsonObject? condition = conditions.OfType<JsonObject>().FirstOrDefault(c => c["type"]?.GetValue<string>() == type);
        if (condition is null)
        {
            conditions.Add(condition = new JsonObject { ["type"] = type });
        }

        string text = value ? "True" : "False";
        if (condition["status"]?.GetValue<string>() != text)
        {
            condition["status"] = text;
            condition["lastTransitionTime"] = Text(now);
        }

        SetOrRemove(condition, "reason", reason);
        SetOrRemove(condition, "message", message);
    }

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private static void SetContainers(JsonObject? spec, JsonObject status, bool ready)
    {
        var list = new JsonArray();
        foreach (JsonObject container in (spec?["containers"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            list.Add(new JsonObject
            {
                ["name"] = container["name"]?.DeepClone(),
                ["image"] = container["image"]?.DeepClone() ?? "",
                ["imageID"] = "",
                ["ready"] = ready,
                ["started"] = true,
                ["restartCount"] = Restarts(status, container["name"]?.ToString()),
                ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = status["startTime"]!.DeepClone() } },
            });
        }

        status["containerStatuses"] = list;
    }

    // Written by the node agent, which sees the process end.
    private static int Restarts(JsonObject status, string? name) =>
        (status["containerStatuses"] as JsonArray)?.OfType<JsonObject>()
            .FirstOrDefault(c => c["name"]?.ToString() == name)?["restartCount"]?.GetValue<int>() ?? 0;

    private static void SetOrRemove(JsonObject json, string name, string value)
    {
        if (value.Length == 0)
        {
            json.Remove(name);
        }
        else if (json[name]?.ToString() != value)
        {
            json[name] = value;
        }
    }

    private static JsonObject Child(JsonObject json, string name)
    {
        if (json[name] is not JsonObject child)
        {
            json[name] = child = [];
        }

        return child;
    }
}
