using System.Net;

namespace Weft.Proxy.Pod;

/// <summary>The command line of the agent: <c>weft-proxy pod --channel-fd N --supervisor-fd M [options] -- COMMAND…</c></summary>
internal sealed record PodOptions
{
    public required int ChannelFd { get; init; }

    public required int SupervisorFd { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The pod's own address, on lo; what the application sees as its source.</summary>
    public IPAddress Address { get; init; } = IPAddress.Parse("240.241.0.1");

    /// <summary>No namespaces: only start the application and end it with the supervisor (explicit mode).</summary>
    public bool Plain { get; init; }

    /// <summary>The application's user; null leaves the agent's.</summary>
    public uint? Uid { get; init; }

    public string Namespace { get; init; } = "default";

    /// <summary>Ports of the host that the application finds on its own 127.0.0.1.</summary>
    public IReadOnlyList<int> HostPorts { get; init; } = [];

    /// <summary>Where the agent may write the files that it mounts over /etc/resolv.conf and /etc/nsswitch.conf.</summary>
    public string? FilesDirectory { get; init; }

    public static PodOptions? TryParse(ReadOnlySpan<string> arguments, out string problem)
    {
        problem = "";
        int end = arguments.IndexOf("--");
        if (end < 0 || end == arguments.Length - 1)
        {
            problem = "no command after --";
            return null;
        }

        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < end; i += 2)
        {
            if (i + 1 >= end || !arguments[i].StartsWith("--", StringComparison.Ordinal))
            {
                problem = $"'{arguments[i]}' is not an option with a value";
                return null;
            }

            given[arguments[i]] = arguments[i + 1];
        }

        return TryMake(given, [.. arguments[(end + 1)..]], out problem);
    }

    private static PodOptions? TryMake(Dictionary<string, string> given, IReadOnlyList<string> command, out string problem)
    {
        problem = "";
        if (!TakeNumber(given, "--channel-fd", out int channel) || !TakeNumber(given, "--supervisor-fd", out int supervisor))
        {
            problem = "--channel-fd and --supervisor-fd need the numbers of open descriptors";
            return null;
        }

        var options = new PodOptions { ChannelFd = channel, SupervisorFd = supervisor, Command = command };
        foreach ((string name, string value) in given)
        {
            switch (name)
            {
                case "--address" when IPAddress.TryParse(value, out IPAddress? address):
                    options = options with { Address = address };
                    break;
                case "--uid" when uint.TryParse(value, out uint uid) && uid > 0:
                    options = options with { Uid = uid };
                    break;
                case "--plain" when value == "yes":
                    options = options with { Plain = true };
                    break;
                case "--namespace":
                    options = options with { Namespace = value };
                    break;
                case "--host-ports" when TryParsePorts(value, out int[] ports):
                    options = options with { HostPorts = ports };
                    break;
                case "--files":
                    options = options with { FilesDirectory = value };
                    break;
                default:
                    problem = $"'{name} {value}' is not understood";
                    return null;
            }
        }

        return options;
    }

    private static bool TryParsePorts(string text, out int[] ports)
    {
        string[] parts = text.Split(',');
        ports = [.. parts.Select(p => int.TryParse(p, out int port) && port is > 0 and < 65536 ? port : 0)];
        return !ports.Contains(0);
    }

    private static bool TakeNumber(Dictionary<string, string> given, string name, out int number)
    {
        number = -1;
        return given.Remove(name, out string? text) && int.TryParse(text, out number) && number > 2;
    }
}
