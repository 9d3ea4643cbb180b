using System.Text.Json.Nodes;
using Weft.Compile.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile.Istio;

/// <summary>What a RequestAuthentication says of the keys that are fetched for it.</summary>
internal static class KeyStatus
{
    private const string Type = "KeysFetched";

    /// <summary>Null: there is nothing to say, and nothing said before.</summary>
    public static JsonObject? Of(Resource resource, IssuerKeys? keys)
    {
        JwksSource[] sources = [.. JwtReader.Sources(resource)];
        bool wasSaid = (resource.Status?["conditions"] as JsonArray ?? []).Any(c => c?["type"]?.ToString() == Type);
        if (keys is null || (sources.Length == 0 && !wasSaid))
        {
            return null;
        }

        JsonObject status = resource.Status?.DeepClone() as JsonObject ?? [];
        Condition[] said = [.. Say(sources, keys)];
        status["conditions"] = Conditions.Merge(resource.Status?["conditions"], resource.Generation, said, Type);
        return status;
    }

    private static IEnumerable<Condition> Say(JwksSource[] sources, IssuerKeys keys)
    {
        string[] failed = [.. sources.Select(s => (s.Uri, keys.Find(s)?.Problem)).Where(s => s.Problem is { Length: > 0 }).Select(s => $"{s.Uri}: {s.Problem}")];
        if (failed.Length > 0)
        {
            yield return new Condition(Type, false, "Failed", string.Join("; ", failed));
        }
        else if (sources.Any(s => keys.Find(s) is null))
        {
            yield return new Condition(Type, false, "Pending", "The keys are being fetched.");
        }
        else if (sources.Length > 0)
        {
            yield return new Condition(Type, true, "Fetched", "The keys are those of the last fetch.");
        }
    }
}
