using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Explain;

/// <summary>The answer for people: what happens, then why.</summary>
internal static class ExplainText
{
    public static void Write(CommandOutput output, ExplainRequest request, ExplainResult result)
    {
        string status = result is { Status: { } code, Outcome: not "route" } ? $" ({code})" : "";
        output.Line($"{request.Method} {request.To} from {request.From}: {result.Outcome}{status}");
        if (result.Rule is { } rule)
        {
            output.Line($"  rule      {rule}");
        }
        foreach (JsonObject destination in (result.Destinations ?? []).OfType<JsonObject>())
        {
            string subset = destination["subset"] is { } name ? $" subset {name}" : "";
            string endpoints = string.Join(", ", (destination["endpoints"] as JsonArray ?? []).Select(e => e?.ToString()));
            output.Line($"  {destination["weight"],3} %     {destination["service"]}:{destination["port"]}{subset} → {(endpoints.Length > 0 ? endpoints : "nobody")}");
        }
        Line(output, "redirect", result.Redirect);
        Line(output, "rewrite", result.Rewrite);
        Line(output, "faults", result.Faults);
        Line(output, "mirrors", result.Mirrors);
        Line(output, "split by", result.SplitBy);
        Line(output, "session", result.Session);
        Line(output, "request", result.RequestHeaders);
        Line(output, "response", result.ResponseHeaders);
        Line(output, "timeout", result.TimeoutMs is > 0 ? JsonValue.Create($"{result.TimeoutMs} ms") : null);
        Line(output, "retries", result.Retries);
        Line(output, "balancer", result.Balancer);
        Line(output, "mtls", result.Mtls);
        Line(output, "token", result.Authentication);
        Line(output, "access", result.Authorization);
        output.Line("because");
        foreach (string why in result.Why)
        {
            output.Line($"  - {why}");
        }
    }

    private static void Line(CommandOutput output, string name, JsonNode? value)
    {
        if (value is not null)
        {
            output.Line($"  {name,-9} {value.ToJsonString(CommandOutput.Indented).ReplaceLineEndings(" ").Replace("  ", "", StringComparison.Ordinal)}");
        }
    }
}
