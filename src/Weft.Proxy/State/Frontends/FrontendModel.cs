using System.Collections.Immutable;
using System.Net;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;

namespace Weft.Proxy.State.Frontends;

/// <summary>Something an application can dial. Immutable.</summary>
public sealed class FrontendModel
{
    internal FrontendModel(Frontend frontend, ResourceCells cells)
    {
        Name = frontend.Name;
        Namespace = string.Intern(frontend.Namespace); // a mesh has few namespaces and thousands of services
        Hostnames = [.. frontend.Hostnames.Select(h => h == Name ? Name : h.ToLowerInvariant())];
        VirtualAddresses = [.. frontend.VirtualAddresses.Where(a => a.Length is 4 or 16).Select(a => new IPAddress(a.Span))];
        Blocks = [.. frontend.AddressBlocks.Select(b => IpBlock.TryParse(b, out IpBlock block) ? block : default).Where(b => b != default)];
        Origin = new OriginModel(frontend.Origin);
        IsOutsideMesh = frontend.OutsideMesh;
        Ports = [.. frontend.Ports.Select(p => new FrontendPortModel(this, p, cells))];
    }

    /// <summary>Full service name.</summary>
    public string Name { get; }

    public string Namespace { get; }

    public ImmutableArray<string> Hostnames { get; }

    public ImmutableArray<IPAddress> VirtualAddresses { get; }

    /// <summary>Every address in them means it, too.</summary>
    public ImmutableArray<IpBlock> Blocks { get; }

    public ImmutableArray<FrontendPortModel> Ports { get; }

    public OriginModel Origin { get; }

    public bool IsOutsideMesh { get; }

    /// <summary>Services have few ports: a walk beats a hash.</summary>
    public FrontendPortModel? FindPort(int port)
    {
        foreach (FrontendPortModel candidate in Ports)
        {
            if (candidate.Port == port)
            {
                return candidate;
            }
        }

        return null;
    }
}

/// <summary>One port of a frontend and the places of its routes. Immutable; the cells live on across updates.</summary>
public sealed class FrontendPortModel
{
    private readonly ResourceCells _cells;
    private string _routes;
    private readonly string _tcpRoutes;

    internal FrontendPortModel(FrontendModel frontend, FrontendPort port, ResourceCells cells)
    {
        Frontend = frontend;
        Port = (int)port.Port;
        Name = string.Intern(port.Name);
        Protocol = port.Protocol;
        IsByHost = port.ByHost;
        IsAnyAddress = port.AnyAddress;
        _cells = cells;
        _routes = port.RouteSet;
        _tcpRoutes = port.TcpRouteSet;
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
    public ResourceCell<RouteTable>? Routes => field ??= _routes.Length > 0 ? PlaceOfRoutes() : null;

    /// <summary>Null for ports that carry HTTP only.</summary>
    public ResourceCell<TcpRouteTable>? TcpRoutes => field ??= _tcpRoutes.Length > 0 ? _cells.TcpRoutes(_tcpRoutes) : null;

    private ResourceCell<RouteTable> PlaceOfRoutes()
    {
        ResourceCell<RouteTable> cell = _cells.Routes(_routes);
        _routes = cell.Name; // the same text, once
        return cell;
    }
}
