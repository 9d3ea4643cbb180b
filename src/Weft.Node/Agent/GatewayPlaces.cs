using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Primitives;

namespace Weft.Node.Agent;

/// <summary>Which address of this machine a Gateway's gateway listens on, and under which numbers.</summary>
/// <param name="Home">Whose mesh it is: several on one machine do not meet.</param>
/// <param name="UnprivilegedStart">The first port that this process may listen on.</param>
public sealed record GatewayPlaces(string Home, int UnprivilegedStart)
{
    /// <summary>Addresses are drawn from 127.80.0.0/16: the whole of 127.0.0.0/8 is this machine's, and each address has all ports for itself.</summary>
    private const int Block = 80;

    private const int AddressesPerByte = 254; // without .0 and .255, which some take for networks and broadcasts
    private const int Addresses = 256 * AddressesPerByte;

    private const int PrivilegedEnd = 1024;

    /// <summary>As Istio's own gateways do it: 80 is opened as 8080, 443 as 8443 (there by the Service's targetPort).</summary>
    public const int PortsAbove = 8000;

    /// <summary>Gateway port to the port that is opened, where the two differ.</summary>
    public IReadOnlyDictionary<int, int> Ports { get; } =
        Enumerable.Range(1, Math.Max(0, Math.Min(UnprivilegedStart, PrivilegedEnd) - 1)).ToDictionary(static p => p, static p => p + PortsAbove);

    /// <summary>What this process may do, as the kernel says.</summary>
    public static GatewayPlaces Of(WeftHome home) => new(home.Path, Environment.IsPrivilegedProcess ? 0 : FirstUnprivilegedPort());

    /// <summary>The first address of the loopback that the Gateway asks for and nobody has; else one drawn from its name, the same with every start.</summary>
    /// <param name="gateway">"namespace/name".</param>
    /// <returns>Null: all are taken.</returns>
    public string? AddressFor(string gateway, JsonNode? spec, IReadOnlyCollection<string> taken)
    {
        IEnumerable<string> asked = (spec?["addresses"] as JsonArray ?? []).Select(static a => PodReader.Text(a, "value"))
            .Where(static a => IPAddress.TryParse(a, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork && IPAddress.IsLoopback(address));
        return asked.Concat(Drawn(gateway)).FirstOrDefault(a => !taken.Contains(a));
    }

    private IEnumerable<string> Drawn(string gateway)
    {
        ulong hash = XxHash64.Hash(Encoding.UTF8.GetBytes($"{Home}\n{gateway}"));
        for (int i = 0; i < Addresses; i++)
        {
            ulong number = (hash + (ulong)i) % Addresses;
            yield return $"127.{Block}.{number / AddressesPerByte}.{(number % AddressesPerByte) + 1}";
        }
    }

    private static int FirstUnprivilegedPort()
    {
        try { return int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start").Trim()); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException) { return PrivilegedEnd; }
    }
}
