using System.Text.Json.Nodes;

namespace Weft.Node.Agent;

/// <summary>What a v1 Pod's record says of it.</summary>
public static class PodState
{
    /// <summary>"namespace/name".</summary>
    public static string Key(JsonObject pod) => PodReader.Key(pod);

    public static bool IsReady(JsonObject pod) => PodReader.IsReady(pod);
}
