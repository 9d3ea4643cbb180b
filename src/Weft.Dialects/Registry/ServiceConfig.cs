using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Registry;

/// <summary>How the endpoints of a service are found.</summary>
public enum ServiceResolution
{
    /// <summary>Pods, entries and slices of the registry.</summary>
    Registry,

    /// <summary>The listed names (or the host itself) are resolved by the proxy.</summary>
    Dns,

    /// <summary>The same, and only the first address of each answer is used: the name stands for one server behind many addresses.</summary>
    DnsRoundRobin,

    /// <summary>The address that the client dialled.</summary>
    OriginalDestination,
}

/// <param name="TargetPort">A number, a name, or empty: the port itself.</param>
public sealed record ServicePortConfig(uint Number, string Name, AppProtocol Protocol, string TargetPort);

/// <summary>One name that can be dialled, from a Service or one host of a ServiceEntry. Immutable.</summary>
public sealed record ServiceConfig
{
    public required Resource Resource { get; init; }

    /// <summary>Full and lower case; may begin with "*.".</summary>
    public required string Host { get; init; }

    public required IReadOnlyList<ServicePortConfig> Ports { get; init; }

    public string Namespace => Resource.Namespace;

    public ServiceResolution Resolution { get; init; }

    public bool Headless { get; init; }

    /// <summary>Service type ExternalName: the name it stands for.</summary>
    public string ExternalName { get; init; } = "";

    public bool OutsideMesh { get; init; }

    /// <summary>Null: endpoints are written by somebody else (slices, ServiceEntry.endpoints).</summary>
    public IReadOnlyDictionary<string, string>? Selector { get; init; }

    /// <summary>IP addresses or CIDR blocks that mean this service.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Endpoints written into a ServiceEntry.</summary>
    public IReadOnlyList<WorkloadConfig> Endpoints { get; init; } = [];

    public IReadOnlyList<string> SubjectAltNames { get; init; } = [];

    public Visibility Visibility { get; init; } = Visibility.Of("", []);

    public bool IsServiceEntry => Resource.Kind == "ServiceEntry";

    public ServicePortConfig? Port(uint number) => Ports.FirstOrDefault(p => p.Number == number);
}
