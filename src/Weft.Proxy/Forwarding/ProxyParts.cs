using Weft.Proxy.Draining;
using Weft.Proxy.State;
using Weft.Telemetry;

namespace Weft.Proxy.Forwarding;

/// <summary>What the whole data path of one process shares. Made by the host, before the first listener opens.</summary>
public sealed class ProxyParts(MeshState mesh, TelemetryHub telemetry, MeshTls tls, IAppConnector app, DestinationGuard guard)
{
    public MeshState Mesh { get; } = mesh;

    public TelemetryHub Telemetry { get; } = telemetry;

    public MeshTls Tls { get; } = tls;

    /// <summary>How the application beside us is reached.</summary>
    public IAppConnector App { get; } = app;

    public DestinationGuard Guard { get; } = guard;

    public PathLimits Limits { get; init; } = PathLimits.Default;

    public DrainState Draining { get; } = new();
}
