using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Weft.Wire.Dns;

/// <summary>The names of hosts(5). Immutable; total over bytes: a line that cannot be read says nothing.</summary>
public sealed class HostsFile
{
    /// <summary>Of a larger file only so much is read.</summary>
    public const int BytesMax = 8 << 20;

    private static readonly char[] s_blanks = [' ', '\t', '\r'];

    private readonly Dictionary<string, ImmutableArray<IPAddress>> _addresses = new(StringComparer.OrdinalIgnoreCase);

    private HostsFile()
    {
    }

    public static HostsFile Empty { get; } = new();

    public int Count => _addresses.Count;

    public static HostsFile Read(ReadOnlySpan<byte> file)
    {
        var hosts = new HostsFile();
        ReadOnlySpan<byte> rest = file[..Math.Min(file.Length, BytesMax)];
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            int comment = line.IndexOf((byte)'#');
            hosts.Add(Encoding.Latin1.GetString(comment < 0 ? line : line[..comment]).Split(s_blanks, StringSplitOptions.RemoveEmptyEntries));
        }

        return hosts;
    }

    /// <summary>Empty: the file does not name it. IPv4 first, each family in the order of the lines.</summary>
    /// <param name="name">Without a dot at its end.</param>
    public ImmutableArray<IPAddress> Find(string name) => _addresses.TryGetValue(name, out ImmutableArray<IPAddress> found) ? found : [];

    private void Add(string[] words)
    {
        if (words.Length < 2 || !IPAddress.TryParse(words[0], out IPAddress? address))
        {
            return;
        }

        foreach (string word in words.AsSpan(1))
        {
            string name = word.TrimEnd('.');
            ImmutableArray<IPAddress> known = Find(name);
            if (name.Length is > 0 and <= DnsName.TextLengthMax && !known.Contains(address) && known.Length < DnsReplyReader.AddressesMax)
            {
                _addresses[name] = [.. known.Add(address).OrderBy(static a => a.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6)];
            }
        }
    }
}
