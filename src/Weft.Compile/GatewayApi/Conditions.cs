using System.Text.Json.Nodes;

namespace Weft.Compile.GatewayApi;

internal sealed record Condition(string Type, bool IsTrue, string Reason, string Message);

/// <summary>
/// Writes conditions over those that are there: other controllers' types stay, and a condition that says what it said keeps
/// its lastTransitionTime. A new one has none: the compiler knows no clock, whoever writes the status fills it in.
/// </summary>
internal static class Conditions
{
    public static JsonArray Merge(JsonNode? before, long generation, params ReadOnlySpan<Condition> conditions) => Merge(before, generation, conditions, []);

    /// <param name="gone">Types that are ours and not said any more unless they are among <paramref name="conditions"/>.</param>
    public static JsonArray Merge(JsonNode? before, long generation, ReadOnlySpan<Condition> conditions, params ReadOnlySpan<string> gone)
    {
        JsonObject[] old = [.. (before as JsonArray ?? []).OfType<JsonObject>()];
        List<JsonNode> merged = [];
        HashSet<string> own = new(StringComparer.Ordinal);
        foreach (Condition condition in conditions)
        {
            own.Add(condition.Type);
            string status = condition.IsTrue ? "True" : "False";
            JsonObject? same = Array.Find(old, o => o["type"]?.ToString() == condition.Type && o["status"]?.ToString() == status);
            JsonObject json = new() { ["type"] = condition.Type, ["status"] = status, ["observedGeneration"] = generation, ["reason"] = condition.Reason, ["message"] = condition.Message };
            if (same?["lastTransitionTime"] is { } time)
            {
                json["lastTransitionTime"] = time.DeepClone();
            }
            merged.Add(json);
        }
        foreach (string type in gone)
        {
            own.Add(type);
        }
        merged.AddRange(old.Where(o => !own.Contains(o["type"]?.ToString() ?? "")).Select(o => o.DeepClone()));
        return [.. merged];
    }
}
