using Weft.Node.Agent;

namespace Weft.Node.Applications;

/// <summary>One version of a service of weft.yaml: a set of equal pods.</summary>
public sealed record ServiceVersion(string Name, LocalProgram Program)
{
    public int Replicas { get; init; } = 1;

    public string? ServiceAccount { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <param name="Port">Where clients dial it and where it listens.</param>
/// <param name="Protocol">The prefix of the port's name, which tells the mesh its protocol (http, grpc, tcp, …).</param>
public sealed record ServicePort(int Port, string Protocol);

public sealed record ApplicationService(string Name, IReadOnlyList<ServicePort> Ports, IReadOnlyList<ServiceVersion> Versions);

/// <summary>A service's port on this machine: <c>HOSTPORT:SERVICE:PORT</c>.</summary>
public sealed record PublishedPort(int HostPort, string Service, int Port)
{
    /// <summary>Null when it is not of that form.</summary>
    public static PublishedPort? TryParse(string text) =>
        text.Split(':') is [var host, { Length: > 0 } service, var port] && int.TryParse(host, out int h) && int.TryParse(port, out int p)
        && h is > 0 and < 65536 && p is > 0 and < 65536 ? new PublishedPort(h, service, p) : null;
}

/// <summary>weft.yaml as written: an application of many processes. Paths are absolute by now.</summary>
public sealed record ApplicationFile(string Path, string Name, string Namespace)
{
    public IReadOnlyList<ApplicationService> Services { get; init; } = [];

    /// <summary>Container images that stand for local commands.</summary>
    public IReadOnlyDictionary<string, LocalProgram> Images { get; init; } = new Dictionary<string, LocalProgram>(StringComparer.Ordinal);

    /// <summary>Files and directories of resources that are applied at the start.</summary>
    public IReadOnlyList<string> Apply { get; init; } = [];

    /// <summary>Gateway port to host port.</summary>
    public IReadOnlyDictionary<int, int> GatewayPorts { get; init; } = new Dictionary<int, int> { [80] = 8080, [8080] = 8080 };

    public IReadOnlyList<PublishedPort> Publish { get; init; } = [];

    /// <summary>What to open in a browser once it runs, below the gateway's address.</summary>
    public string OpenPath { get; init; } = "/";
}

/// <summary>weft.yaml says something that cannot be: where, which field, and what would.</summary>
public sealed class ApplicationFileException(string file, int line, string fieldPath, string message, string cure) : Exception(message)
{
    public string Where => line > 0 ? $"{file}:{line}" : file;

    public string Field => fieldPath;

    public string Cure => cure;
}
