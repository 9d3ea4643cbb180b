using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>`weft dashboard`: a link that opens the page once.</summary>
internal static class DashboardCommand
{
    public static Command Create()
    {
        var open = new Option<bool>("--open") { Description = "also start a browser (xdg-open)" };
        var command = new WeftCommand("dashboard", "Print a link to the live map; it works once, within ten minutes",
            ("print it", "weft dashboard"),
            ("open it", "weft dashboard --open"));
        command.Options.Add(open);
        return command.Runs(async (context, ct) =>
        {
            using var client = context.Connect();
            JsonNode link = await client.PostAsync("/weft/v1/login-links", new JsonObject(), ct) ?? new JsonObject();
            string url = link["url"]?.ToString() ?? "";
            context.Output.Write(link, o => o.Line(url));
            if (context.Value(open))
            {
                Open(context, url);
            }

            return ExitCode.Done;
        });
    }

    private static void Open(CommandContext context, string url)
    {
        try
        {
            using Process? _ = Process.Start(new ProcessStartInfo("xdg-open", [url]) { RedirectStandardError = true, RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            context.Output.Note("xdg-open is not there; open the link yourself.");
        }
    }
}
