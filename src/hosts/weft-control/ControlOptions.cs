using System.Globalization;
using System.Net;

namespace Weft.Hosts.Control;

/// <summary>The command line of weft-control.</summary>
internal sealed record ControlOptions
{
    public const string Usage =
        """
        weft-control [options]: the control plane of a Weft mesh.

          --home DIR            where its state lives (default: $WEFT_HOME, else ~/.weft, or /var/lib/weft for root)
          --api ADDRESS:PORT    the resource API and the page (default 127.0.0.1:15010; port 0 takes a free one)
          --discovery ADDRESS:PORT
                                discovery and certificates for proxies (default 127.0.0.1:15012)
          --trust-domain NAME   of the identities it issues (default cluster.local)
          --keys-allow CIDR     token issuers' keys may be fetched from this network, though it is link-local; repeatable
          --keys-ca FILE        PEM of authorities that issuers' servers may have beside the system's
          --supervisor-fd N     ends when the other end of this descriptor is closed
          --ready-fd N          writes one line to this descriptor once it serves
          --verbose             logs every decision
        """;

    public string? Home { get; init; }

    public IPEndPoint Api { get; init; } = new(IPAddress.Loopback, 15010);

    public IPEndPoint Discovery { get; init; } = new(IPAddress.Loopback, 15012);

    public string? TrustDomain { get; init; }

    public IReadOnlyList<IPNetwork> KeyNetworks { get; init; } = [];

    public string? KeyAuthorities { get; init; }

    public int? SupervisorDescriptor { get; init; }

    public int? ReadyDescriptor { get; init; }

    public bool Verbose { get; init; }

    /// <summary>Null, and what is wrong, when the line cannot be understood.</summary>
    public static ControlOptions? Parse(ReadOnlySpan<string> arguments, out string problem)
    {
        ControlOptions options = new();
        problem = "";
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--verbose")
            {
                options = options with { Verbose = true };
                continue;
            }

            if (i + 1 == arguments.Length)
            {
                problem = $"{arguments[i]} needs a value";
                return null;
            }

            string value = arguments[i + 1];
            ControlOptions? next = With(options, arguments[i], value);
            if (next is null)
            {
                problem = $"\"{arguments[i]} {value}\" is not understood";
                return null;
            }

            options = next;
            i++;
        }

        return options;
    }

    private static ControlOptions? With(ControlOptions options, string name, string value) => name switch
    {
        "--home" => options with { Home = value },
        "--api" => IPEndPoint.TryParse(value, out IPEndPoint? api) ? options with { Api = api } : null,
        "--keys-allow" => IPNetwork.TryParse(value, out IPNetwork network) ? options with { KeyNetworks = [.. options.KeyNetworks, network] } : null,
        "--keys-ca" => options with { KeyAuthorities = value },
        "--discovery" => IPEndPoint.TryParse(value, out IPEndPoint? discovery) ? options with { Discovery = discovery } : null,
        "--trust-domain" => options with { TrustDomain = value },
        "--supervisor-fd" => Number(value) is { } supervisor ? options with { SupervisorDescriptor = supervisor } : null,
        "--ready-fd" => Number(value) is { } ready ? options with { ReadyDescriptor = ready } : null,
        _ => null,
    };

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
