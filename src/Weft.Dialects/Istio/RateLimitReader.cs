using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

/// <summary>weft.dev RateLimit → schema. Its matches are written as those of a VirtualService.</summary>
public static class RateLimitReader
{
    public static IEnumerable<RateLimit> Read(Resource resource)
    {
        int index = 0;
        foreach (Field rule in new Field(resource.Spec)["rules"].Items)
        {
            RateLimit limit = new()
            {
                Origin = HttpRoutes.OriginOf(resource, $"rules[{index++}]"),
                Requests = rule["requests"].Number ?? 0,
                Per = Duration.FromTimeSpan(rule["per"].Duration is { Ticks: > 0 } per ? per : TimeSpan.FromSeconds(1)),
                Burst = rule["burst"].Number ?? 0,
            };
            limit.Matches.AddRange(rule["match"].Items.Select(HttpMatches.Read));
            SetKey(limit, rule["key"]);
            yield return limit;
        }
    }

    private static void SetKey(RateLimit limit, Field key)
    {
        if (key["header"].Text is { Length: > 0 } header)
        {
            limit.Header = header.ToLowerInvariant();
        }
        else if (key["path"].IsTrue)
        {
            limit.Path = true;
        }
        else if (key["peer"].IsTrue)
        {
            limit.Peer = true;
        }
        else if (key["sourceAddress"].IsTrue)
        {
            limit.SourceAddress = true;
        }
    }
}
