using System.Globalization;
using System.Text.Json.Nodes;

namespace Weft.ControlPlane.Workloads;

/// <summary>
/// Gives conditions the time at which they came to be what they are. The compiler, which knows no clock, carries the time of
/// an unchanged condition over and leaves a changed one without.
/// </summary>
internal static class TransitionTimes
{
    private const string Field = "lastTransitionTime";

    public static void Fill(JsonNode? status, DateTimeOffset now)
    {
        switch (status)
        {
            case JsonObject fields:
                foreach ((string name, JsonNode? value) in fields)
                {
                    foreach (JsonObject condition in name == "conditions" ? (value as JsonArray ?? []).OfType<JsonObject>() : [])
                    {
                        condition[Field] ??= now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                    }

                    Fill(value, now);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    Fill(item, now);
                }

                break;
        }
    }
}
