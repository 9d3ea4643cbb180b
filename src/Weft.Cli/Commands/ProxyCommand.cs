using System.CommandLine;
using Weft.Cli.Frame;
using Weft.Node.Processes;

namespace Weft.Cli.Commands;

/// <summary>`weft proxy`: one proxy in the foreground, from a bootstrap document.</summary>
internal static class ProxyCommand
{
    public static Command Create()
    {
        var mode = new Argument<string>("MODE") { Description = "sidecar or gateway" };
        mode.AcceptOnlyFromAmong("sidecar", "gateway");
        var bootstrap = new Option<string>("--bootstrap") { Description = "the document that says who it is and where the control plane is (docs/options.md)", HelpName = "FILE", Required = true };
        var command = new WeftCommand("proxy", "Run a proxy in the foreground",
            ("a gateway of a machine that `weft up` does not manage", "weft proxy gateway --bootstrap gateway.json"));
        command.Arguments.Add(mode);
        command.Options.Add(bootstrap);
        return command.Runs((context, ct) =>
        {
            string file = context.Value(bootstrap) ?? "";
            if (!File.Exists(file)) { throw CommandException.BadInput($"{file} is not there", "Name the bootstrap document of the proxy."); }
            return Foreground.RunAsync(() => Binaries.Proxy, [context.Value(mode) ?? "sidecar", "--bootstrap", file], ct);
        });
    }
}
