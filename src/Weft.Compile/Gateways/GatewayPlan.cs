using Weft.Model.V1;

namespace Weft.Compile.Gateways;

/// <summary>One listener of a gateway with the routes behind it, before anybody asks for them by name.</summary>
internal sealed record PlannedListener(GatewayListener Message, RouteSet? Routes, TcpRouteSet? TcpRoutes);

/// <summary>Everything one gateway serves. Immutable.</summary>
internal sealed class GatewayPlan(IReadOnlyList<PlannedListener> listeners)
{
    public IReadOnlyList<PlannedListener> Listeners => listeners;

    public RouteSet? RouteSet(string name) => listeners.FirstOrDefault(l => l.Routes?.Name == name)?.Routes;

    public TcpRouteSet? TcpRouteSet(string name) => listeners.FirstOrDefault(l => l.TcpRoutes?.Name == name)?.TcpRoutes;
}
