using System.CommandLine;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands.Traffic;

/// <summary>The options that stat, edges and top share.</summary>
internal sealed class TrafficQuery
{
    private readonly Option<string> _window = new("--window", "-w")
    {
        Description = "how far back, 1s to 15m",
        HelpName = "TIME",
        DefaultValueFactory = static _ => "1m",
    };

    private readonly Option<bool> _all = new("--all-namespaces", "-A") { Description = "every namespace (the default unless -n is given)" };

    public void AddTo(WeftCommand command)
    {
        command.Options.Add(_window);
        command.Options.Add(_all);
    }

    public string Path(CommandContext context, string view)
    {
        string ns = context.Value(_all) ? "" : context.GivenNamespace ?? "";
        return $"/weft/v1/{view}?window={Uri.EscapeDataString(context.Value(_window) ?? "1m")}&namespace={Uri.EscapeDataString(ns)}";
    }
}
