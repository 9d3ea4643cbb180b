using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands.Traffic;

/// <summary>`weft tap`: requests as they happen.</summary>
internal static class TapCommand
{
    public static Command Create()
    {
        var workload = new Argument<string?>("WORKLOAD") { Description = "a pod, or the beginning of its name; all when left out", Arity = ArgumentArity.ZeroOrOne };
        var path = new Option<string?>("--path") { Description = "only paths that begin so", HelpName = "PREFIX" };
        var method = new Option<string?>("--method") { Description = "only this method", HelpName = "METHOD" };
        var max = new Option<int>("--max-rps") { Description = "requests a second from each proxy at most", DefaultValueFactory = static _ => 50 };
        var count = new Option<int>("--count", "-c") { Description = "stop after so many" };
        var command = new WeftCommand("tap", "Watch requests as they happen",
            ("everything", "weft tap"),
            ("what the reviews pods are asked and ask", "weft tap reviews"),
            ("ten requests to one path, as JSON lines", "weft tap productpage --path /api -c 10 -o json"));
        command.Arguments.Add(workload);
        foreach (Option option in (Option[])[path, method, max, count])
        {
            command.Options.Add(option);
        }

        return command.Runs(async (context, ct) =>
        {
            using var client = context.Connect();
            string url = $"/weft/v1/tap?workload={Escape(context.Value(workload))}&namespace={Escape(context.GivenNamespace)}"
                + $"&path={Escape(context.Value(path))}&method={Escape(context.Value(method))}&max={context.Value(max)}";
            int left = context.Value(count);
            await foreach (string data in client.EventsAsync(url, ct))
            {
                if (JsonNode.Parse(data) is not JsonObject tapped)
                {
                    continue;
                }

                context.Output.WriteItem(tapped, o => o.Line(Line(tapped)));
                if (left > 0 && --left == 0)
                {
                    break;
                }
            }

            return ExitCode.Done;
        });
    }

    /// <summary>12:03:04.567  productpage-v1 → reviews-v2  GET reviews:9080/reviews/0  200  3.1 ms  mTLS</summary>
    private static string Line(JsonObject e)
    {
        long unixUs = e["unixUs"]?.GetValue<long>() ?? 0;
        string at = DateTimeOffset.FromUnixTimeMilliseconds(unixUs / 1000).UtcDateTime.ToString("HH:mm:ss.fff");
        string arrow = TrafficText.Text(e["direction"]) == "inbound" ? "⇢" : "→";
        string fault = TrafficText.Text(e["fault"]);
        return $"{at}  {Party(e["source"])} {arrow} {Party(e["destination"])}  {e["method"]} {e["authority"]}{e["path"]}  {e["status"]}"
            + $"  {e["durationMs"]?.GetValue<double>():0.0} ms{(e["mtls"]?.GetValue<bool>() == true ? "  mTLS" : "")}{(fault is "" or "None" ? "" : $"  {fault}")}";
    }

    private static string Party(JsonNode? party)
    {
        string app = TrafficText.Text(party?["app"]);
        if (app is not ("" or "unknown"))
        {
            return TrafficText.Text(party?["version"]) is { Length: > 0 } version and not "unknown" ? $"{app}-{version}" : app;
        }

        return TrafficText.Text(party?["workload"]) is { Length: > 0 } workload ? workload : "outside";
    }

    private static string Escape(string? text) => Uri.EscapeDataString(text ?? "");
}
