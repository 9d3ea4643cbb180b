using System.Globalization;
using Weft.Model.V1;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;

namespace Weft.Proxy.State.Frontends;

/// <summary>One port of a frontend and the places of its routes. Immutable; the cells live on across updates.</summary>
public sealed class FrontendPortModel
{
    /// <summary>In place of a name that is the frontend's and the port, as those of services are.</summary>
    private static readonly object NamedAfterPort = new();

    // Null: none. Else the name or what stands for it, until somebody asks: from then on the cell.
    private object? _routes;
    private object? _tcpRoutes;

    internal FrontendPortModel(FrontendModel frontend, FrontendPort port)
    {
        Frontend = frontend;
        Port = (int)port.Port;
        Name = string.Intern(port.Name);
        Protocol = port.Protocol;
        IsByHost = port.ByHost;
        IsAnyAddress = port.AnyAddress;
        _routes = Shorten(port.RouteSet);
        _tcpRoutes = Shorten(port.TcpRouteSet);
    }

    public FrontendModel Frontend { get; }

    public int Port { get; }

    public string Name { get; }

    public AppProtocol Protocol { get; }

    /// <summary>The Host header on this port picks the frontend; otherwise the service that was dialled does.</summary>
    public bool IsByHost { get; }

    /// <summary>It means the port at every address that nobody has.</summary>
    public bool IsAnyAddress { get; }

    /// <summary>Null for ports that carry no HTTP.</summary>
    /// <remarks>Its place is made with the first request: a service that nobody calls has none.</remarks>
    public ResourceCell<RouteTable>? Routes => _routes as ResourceCell<RouteTable> ?? (_routes is null ? null : PlaceOfRoutes());

    /// <summary>Null for ports that carry HTTP only.</summary>
    public ResourceCell<TcpRouteTable>? TcpRoutes => _tcpRoutes as ResourceCell<TcpRouteTable> ?? (_tcpRoutes is null ? null : PlaceOfTcpRoutes());

    /// <summary>What its routes are called; empty: there are none. No place is made for them.</summary>
    internal string RoutesName => _routes switch
    {
        ResourceCell<RouteTable> cell => cell.Name,
        { } name => Lengthen(name),
        null => _tcpRoutes switch
        {
            ResourceCell<TcpRouteTable> cell => cell.Name,
            { } name => Lengthen(name),
            null => "",
        },
    };

    // Two loops may ask at once: both are given the same cell.
    private ResourceCell<RouteTable> PlaceOfRoutes()
    {
        ResourceCell<RouteTable> cell = Frontend.Cells.Routes(Lengthen(_routes));
        _routes = cell;
        return cell;
    }

    private ResourceCell<TcpRouteTable> PlaceOfTcpRoutes()
    {
        ResourceCell<TcpRouteTable> cell = Frontend.Cells.TcpRoutes(Lengthen(_tcpRoutes));
        _tcpRoutes = cell;
        return cell;
    }

    private object? Shorten(string routes) => routes.Length == 0 ? null : routes == NameAfterPort() ? NamedAfterPort : routes;

    private string Lengthen(object? routes) => routes as string ?? NameAfterPort();

    private string NameAfterPort() => string.Create(CultureInfo.InvariantCulture, $"{Frontend.Name}:{Port}");
}
