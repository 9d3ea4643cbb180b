using System.CommandLine;
using Weft.Cli.Frame;
using Weft.Node.Processes;
using Weft.Transport.Processes;

namespace Weft.Cli.Commands;

/// <summary>`weft control`: a control plane in the foreground.</summary>
internal static class ControlCommand
{
    public static Command Create()
    {
        var home = new Option<string?>("--home") { Description = "where it keeps its data (default: $WEFT_HOME)", HelpName = "DIR" };
        var api = new Option<string>("--api") { Description = "where the resource API and the page listen", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:15010" };
        var discovery = new Option<string>("--discovery") { Description = "where proxies find it", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:15012" };
        var command = new WeftCommand("control", "Run a control plane in the foreground",
            ("for this machine", "weft control"),
            ("for proxies of other machines too", "weft control --api 0.0.0.0:15010 --discovery 0.0.0.0:15012"));
        foreach (Option option in (Option[])[home, api, discovery]) { command.Options.Add(option); }
        return command.Runs((context, ct) =>
        {
            string directory = context.Value(home) ?? context.Home.Path;
            return Foreground.RunAsync(() => Binaries.Control, ["--home", directory, "--api", context.Value(api) ?? "", "--discovery", context.Value(discovery) ?? ""], ct);
        });
    }
}
