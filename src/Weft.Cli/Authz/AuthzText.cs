using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Authz;

/// <summary>Policies and verdict for people.</summary>
internal static class AuthzText
{
    public static void Write(CommandOutput output, JsonObject answer)
    {
        if (answer["decision"] is JsonObject decision)
        {
            Decision(output, answer, decision);
            output.Line();
        }

        var table = new TextTable("Policy", "Action", "Rule", "From", "To", "When", "Note");
        foreach (JsonObject policy in (answer["policies"] as JsonArray ?? []).OfType<JsonObject>())
        {
            string note = policy["broken"]?.GetValue<bool>() == true ? "cannot be read: denies" : policy["dryRun"]?.GetValue<bool>() == true ? "dry run: not enforced" : "";
            JsonArray rules = policy["rules"] as JsonArray ?? [];
            for (int i = 0; i < Math.Max(rules.Count, 1); i++)
            {
                JsonNode? rule = i < rules.Count ? rules[i] : null;
                table.Row($"{policy["policy"]}", $"{policy["action"]}", rule is null ? "none matches" : $"{i}", Parts(rule, "from"), Parts(rule, "to"), Parts(rule, "when"), note);
            }
        }

        if (table.Count == 0)
        {
            output.Line($"No AuthorizationPolicy holds for {answer["workload"]}: whoever reaches it may call it.");
        }
        else
        {
            output.Table(table);
            output.Line($"What no rule decides is {(answer["default"]?.ToString() == "deny" ? "denied: there is an allow-list" : "allowed: there is no allow-list")}.");
        }

        foreach (JsonNode? issuer in answer["issuers"] as JsonArray ?? [])
        {
            output.Line($"Tokens of {issuer?["issuer"]} are checked by {issuer?["policy"]}.");
        }
    }

    private static void Decision(CommandOutput output, JsonObject answer, JsonObject decision)
    {
        string status = decision["status"] is { } code ? $" ({code})" : "";
        string by = decision["policy"] is { } policy ? $" by {policy}" : "";
        output.Line($"{decision["from"]} → {answer["workload"]}: {decision["decision"]}{status}{by}");
        foreach (JsonNode? why in decision["why"] as JsonArray ?? [])
        {
            output.Line($"  - {why}");
        }
    }

    private static string Parts(JsonNode? rule, string name) => string.Join(" | ", (rule?[name] as JsonArray ?? []).Select(p => p?.ToString()));
}
