using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>`weft status`: control plane, proxies, synchronisation, certificates.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new WeftCommand("status", "The control plane and its proxies: who is there, who is in step, whose certificates",
            ("for people; exit code 1 when something is wrong", "weft status"),
            ("for programs", "weft status -o json | jq .ok"));
        return command.Runs(async (context, ct) =>
        {
            using var client = context.Connect();
            JsonObject status = await client.GetAsync("/weft/v1/status", ct) as JsonObject ?? [];
            JsonArray proxies = (await client.GetAsync("/weft/v1/proxies", ct))?["proxies"] as JsonArray ?? [];
            JsonObject json = (JsonObject)status.DeepClone();
            json["workloads"] = proxies.DeepClone();
            context.Output.Write(json, output => WriteText(output, status, proxies));
            return status["ok"]?.GetValue<bool>() == true ? ExitCode.Done : ExitCode.No;
        });
    }

    internal static void WriteText(CommandOutput output, JsonObject status, JsonArray proxies)
    {
        JsonNode? counts = status["proxies"];
        output.Line($"Control plane   {status["version"]}, up since {status["since"]}, revision {status["revision"]}, {status["resources"]} resources");
        output.Line($"Trust domain    {status["trustDomain"]}, root {Short(status["rootSha256"])} until {Until(status["roots"])}");
        output.Line($"Proxies         {counts?["ready"]} of {counts?["total"]} ready, {counts?["synced"]} in step");
        output.Line($"Configuration   {Problems(status["problems"])}");
        foreach (JsonNode? problem in status["problems"]?["list"] as JsonArray ?? [])
        {
            output.Line($"  {problem?["level"]} [{problem?["code"]}] {problem?["resource"]} {problem?["path"]}: {problem?["message"]}");
        }

        if (proxies.Count == 0)
        {
            return;
        }

        output.Line();
        var table = new TextTable("Workload", "State", "In step", "Identity", "Host", "Memory", "CPU", "Since");
        foreach (JsonNode? proxy in proxies)
        {
            table.Row(
                $"{proxy?["workload"]}", $"{proxy?["state"]}", InStep(proxy), $"{proxy?["identity"]}", Host(proxy),
                proxy?["rssMiB"] is { } rss ? $"{rss} MiB" : "", proxy?["cpuSeconds"] is { } cpu ? $"{cpu} s" : "", $"{proxy?["since"]}");
        }

        output.Table(table);
        foreach (JsonNode? proxy in proxies)
        {
            if (proxy?["overload"] is { } overload)
            {
                output.Line($"{proxy["workload"]} sheds load: {overload}");
            }

            foreach (JsonNode? nack in proxy?["nacks"] as JsonArray ?? [])
            {
                string stays = nack?["partly"]?.GetValue<bool>() == true ? "serves the rest of it" : "the last good one stays in force";
                output.Line($"{proxy!["workload"]} refuses {nack?["type"]} {nack?["name"]} since {nack?["at"]}, {stays}: {nack?["error"]}");
            }
        }
    }

    /// <summary>The clients of a Gateway's own gateway need the address that it has of this machine; those of pods are virtual.</summary>
    private static string Host(JsonNode? proxy) =>
        proxy?["gateway"]?.GetValue<bool>() == true && IPAddress.TryParse($"{proxy["podIP"]}", out IPAddress? address) && IPAddress.IsLoopback(address) ? $"{proxy["host"]} ({address})" : $"{proxy?["host"]}";

    private static string InStep(JsonNode? proxy) =>
        proxy?["connected"]?.GetValue<bool>() != true ? "" : proxy["synced"]?.GetValue<bool>() == true ? "yes" : "no";

    private static string Short(JsonNode? hash) => hash?.ToString() is { Length: > 16 } text ? text[..16] : "";

    private static string Until(JsonNode? roots) =>
        (roots as JsonArray)?.FirstOrDefault(r => r?["phase"]?.ToString() == "Signing")?["notAfter"]?.ToString()[..10] ?? "";

    private static string Problems(JsonNode? problems)
    {
        int errors = problems?["errors"]?.GetValue<int>() ?? 0;
        int warnings = problems?["warnings"]?.GetValue<int>() ?? 0;
        return errors + warnings == 0 ? "no problems" : $"{errors} errors, {warnings} warnings";
    }
}
