using System.CommandLine;
using System.Net;
using Weft.Node.Control;

namespace Weft.Cli.Frame;

/// <summary>How the control plane that a command starts fetches the keys of token issuers (docs/tokens.md).</summary>
internal sealed class KeyOptions
{
    private readonly Option<string[]> _allow = new("--keys-allow") { Description = "token issuers' keys may be fetched from this network though it is link-local; repeatable", HelpName = "CIDR" };
    private readonly Option<string?> _authorities = new("--keys-ca") { Description = "PEM of authorities that token issuers' servers may have beside the system's", HelpName = "FILE" };

    public IReadOnlyList<Option> All => [_allow, _authorities];

    public ControlOptions AddTo(ControlOptions options, CommandContext context)
    {
        string[] networks = context.Value(_allow) ?? [];
        if (networks.FirstOrDefault(static n => !IPNetwork.TryParse(n, out _)) is { } wrong)
        {
            throw CommandException.WrongCommandLine($"'{wrong}' is no network for --keys-allow", "Write ADDRESS/BITS, as in 169.254.10.0/24.");
        }

        string? authorities = context.Value(_authorities);
        if (authorities is not null && !File.Exists(authorities))
        {
            throw CommandException.BadInput($"{authorities} is not there", "Name the PEM file of the authorities that issuers' servers have with --keys-ca.");
        }

        return options with { KeyNetworks = networks, KeyAuthorities = authorities is null ? null : Path.GetFullPath(authorities) };
    }
}
