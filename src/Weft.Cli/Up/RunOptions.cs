using Weft.Cli.Frame;
using Weft.Node.Pods;

namespace Weft.Cli.Up;

/// <summary>What `weft run` was asked for.</summary>
internal sealed record RunOptions(string Service, string Namespace, IReadOnlyList<string> Command)
{
    /// <summary>False: the service's name is only a guess from a group's.</summary>
    public bool NamesService { get; init; } = true;

    public bool NamesVersion { get; init; } = true;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string Version { get; init; } = "v1";

    public string ServiceAccount { get; init; } = "default";

    public IReadOnlyList<PodPort> Ports { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyList<int> HostPorts { get; init; } = [];

    public PodMode Mode { get; init; }

    public string InboundBind { get; init; } = "127.0.0.1";

    public string PodName { get; init; } = "";

    /// <summary>[NAME:]PORT; the name tells the protocol.</summary>
    public static PodPort ParsePort(string text)
    {
        int colon = text.IndexOf(':');
        string name = colon < 0 ? "http" : text[..colon];
        return int.TryParse(text[(colon + 1)..], out int number) && number is > 0 and < 65536 && name.Length > 0
            ? new PodPort(number, name)
            : throw CommandException.WrongCommandLine($"'{text}' is not a port", "Write --port 8080, or with its protocol --port grpc:8080.");
    }

    public static (string Key, string Value) ParseLabel(string text)
    {
        int equals = text.IndexOf('=');
        return equals > 0 ? (text[..equals], text[(equals + 1)..]) : throw CommandException.WrongCommandLine($"'{text}' is not a label", "Write --label key=value.");
    }
}
