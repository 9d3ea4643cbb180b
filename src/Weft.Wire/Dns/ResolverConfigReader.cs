using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace Weft.Wire.Dns;

/// <summary>Reads resolv.conf(5). Total over bytes: what it does not understand it passes over, as the C library does.</summary>
public static class ResolverConfigReader
{
    /// <summary>Of a larger file only so much is read.</summary>
    public const int BytesMax = 64 << 10;

    private static readonly char[] s_blanks = [' ', '\t', '\r'];

    public static ResolverConfig Read(ReadOnlySpan<byte> file)
    {
        var config = new ResolverConfig();
        var servers = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (string line in Encoding.Latin1.GetString(file[..Math.Min(file.Length, BytesMax)]).Split('\n'))
        {
            string[] words = line.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries);
            switch (words.FirstOrDefault())
            {
                case "nameserver" when words.Length > 1 && servers.Count < ResolverConfig.ServersMax && IPAddress.TryParse(words[1], out IPAddress? server):
                    servers.Add(server);
                    break;
                case "domain" when words.Length > 1:
                    config = config with { Search = Domains(words.AsSpan(1, 1)) };
                    break;
                case "search":
                    config = config with { Search = Domains(words.AsSpan(1)) };
                    break;
                case "options":
                    config = words.Skip(1).Aggregate(config, WithOption);
                    break;
                default:
                    break; // comments begin with '#' or ';', "sortlist" is for IPv4 classes that nobody has any more
            }
        }

        // resolv.conf(5): without any the server is on this machine.
        return config with { Servers = servers.Count > 0 ? servers.ToImmutable() : [IPAddress.Loopback] };
    }

    private static ImmutableArray<string> Domains(ReadOnlySpan<string> words)
    {
        var domains = ImmutableArray.CreateBuilder<string>();
        Span<byte> wire = stackalloc byte[DnsName.WireBytesMax];
        foreach (string word in words)
        {
            if (domains.Count < ResolverConfig.SearchMax && DnsName.TryEncode(word, wire, out _))
            {
                domains.Add(word.TrimEnd('.').ToLowerInvariant());
            }
        }

        return domains.ToImmutable();
    }

    private static ResolverConfig WithOption(ResolverConfig config, string option) => option.Split(':', 2) switch
    {
        ["ndots", var n] => config with { Ndots = Number(n, 0, ResolverConfig.NdotsMax, config.Ndots) },
        ["timeout", var n] => config with { TimeoutSeconds = Number(n, 1, ResolverConfig.TimeoutSecondsMax, config.TimeoutSeconds) },
        ["attempts", var n] => config with { Attempts = Number(n, 1, ResolverConfig.AttemptsMax, config.Attempts) },
        ["rotate"] => config with { Rotates = true },
        ["use-vc"] => config with { UsesTcp = true },
        _ => config,
    };

    private static int Number(string text, int min, int max, int otherwise) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? Math.Clamp(number, min, max) : otherwise;
}
