using System.CommandLine;
using Weft.Cli.Frame;
using Weft.Node.Control;
using Weft.Node.Processes;
using Weft.Primitives;

namespace Weft.Cli.Commands;

/// <summary>`weft control`: a control plane in the foreground.</summary>
internal static class ControlCommand
{
    public static Command Create()
    {
        var home = new Option<string?>("--home") { Description = "where it keeps its data (default: $WEFT_HOME)", HelpName = "DIR" };
        var api = new Option<string>("--api") { Description = "where the resource API and the page listen", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:15010" };
        var discovery = new Option<string>("--discovery") { Description = "where proxies find it", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:15012" };
        var trustDomain = new Option<string?>("--trust-domain") { Description = "of the identities that it issues (default: cluster.local)", HelpName = "NAME" };
        var verbose = new Option<bool>("--verbose") { Description = "log every decision" };
        var command = new WeftCommand("control", "Run a control plane in the foreground",
            ("for this machine", "weft control"),
            ("for proxies of other machines too", "weft control --api 0.0.0.0:15010 --discovery 0.0.0.0:15012"),
            ("with a token issuer whose server has a certificate of a private authority", "weft control --keys-ca issuer-ca.pem --keys-allow 169.254.10.0/24"));
        var keys = new KeyOptions();
        foreach (Option option in (Option[])[home, api, discovery, trustDomain, .. keys.All, verbose]) { command.Options.Add(option); }
        return command.Runs((context, ct) =>
        {
            WeftHome directory = context.Value(home) is { } named ? new WeftHome(named) : context.Home;
            var options = new ControlOptions(directory, context.Value(api) ?? "", context.Value(discovery) ?? "") { TrustDomain = context.Value(trustDomain), Verbose = context.Value(verbose) };
            return Foreground.RunAsync(() => Binaries.Control, keys.AddTo(options, context).Arguments(), ct);
        });
    }
}
