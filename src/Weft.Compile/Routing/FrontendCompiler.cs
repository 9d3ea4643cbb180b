using System.Net;
using Google.Protobuf;
using Weft.Compile.Registry;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;

namespace Weft.Compile.Routing;

/// <summary>The name table: what a client can dial, by which names and addresses, and who picks the route of each port.</summary>
internal sealed class FrontendCompiler(MeshIndex index, RouteOwners owners)
{
    /// <summary>Istio keeps routes of hosts outside the registry on this port only.</summary>
    private const uint UnregisteredPort = 80;

    public IReadOnlyList<Frontend> Compile(ClientScope scope)
    {
        SortedDictionary<string, Frontend> frontends = new(StringComparer.Ordinal);
        foreach (string host in index.Registry.All.Select(s => s.Host).Distinct())
        {
            if (index.Registry.Find(host, scope.Namespace) is { } service && service.Visibility.Includes(scope.Namespace) && Of(service, scope) is { } frontend)
            {
                frontends[host] = frontend;
            }
        }
        foreach (string host in index.VirtualServices.MeshHosts.Where(h => !frontends.ContainsKey(h)))
        {
            bool known = HostNames.IsWildcard(host) ? frontends.Keys.Any(f => HostNames.Covers(host, f)) : index.Registry.Find(host, scope.Namespace) is not null;
            if (!known && index.VirtualServicesFor(host, UnregisteredPort, scope).FirstOrDefault() is { } service)
            {
                frontends[host] = Unregistered(host, service);
            }
        }
        return [.. frontends.Values];
    }

    public bool Visible(ServiceConfig service, uint port, ClientScope scope) =>
        service.Visibility.Includes(scope.Namespace) && index.Sidecars.Imports(scope, service.Namespace, service.Host, port);

    /// <summary>Null: the client imports none of its ports. A service without ports is a name only, and nobody is asked about that.</summary>
    private Frontend? Of(ServiceConfig service, ClientScope scope)
    {
        ServicePortConfig[] ports = [.. service.Ports.Where(p => Visible(service, p.Number, scope))];
        if (ports.Length == 0 && service.Ports.Count > 0)
        {
            return null;
        }
        Frontend frontend = new()
        {
            Name = service.Host,
            Namespace = service.Namespace,
            OutsideMesh = service.OutsideMesh,
            Origin = HttpRoutes.OriginOf(service.Resource, ""),
        };
        frontend.Hostnames.AddRange(Hostnames(service));
        frontend.VirtualAddresses.AddRange(Addresses(service));
        frontend.AddressBlocks.AddRange(service.Addresses.Where(a => a.Contains('/') && !IsSingle(a)));
        frontend.Ports.AddRange(ports.Select(p => Port(service, p, scope)));
        return frontend;
    }

    private FrontendPort Port(ServiceConfig service, ServicePortConfig port, ClientScope scope)
    {
        string name = $"{service.Host}:{port.Number}";
        bool http = port.Protocol == AppProtocol.Detect || PortProtocol.IsHttp(port.Protocol);
        bool opaque = port.Protocol == AppProtocol.Detect || !http;
        return new FrontendPort
        {
            Port = port.Number,
            Name = port.Name,
            Protocol = port.Protocol,
            ByHost = owners.Of(service, port.Number, scope) != RouteDialect.GatewayApi,
            RouteSet = http ? name : "",
            TcpRouteSet = opaque ? name + MeshName.TcpSuffix : "",
            // Istio: a TCP port of an entry without resolution and addresses is known by its number alone.
            AnyAddress = port.Protocol == AppProtocol.Tcp && service is { IsServiceEntry: true, Resolution: ServiceResolution.OriginalDestination, Addresses.Count: 0 },
        };
    }

    private IEnumerable<string> Hostnames(ServiceConfig service)
    {
        yield return service.Host;
        string suffix = "." + index.Options.ClusterDomain;
        if (!service.IsServiceEntry && service.Host.EndsWith(suffix, StringComparison.Ordinal))
        {
            yield return service.Host[..^suffix.Length];
            yield return $"{service.Resource.Name}.{service.Namespace}";
        }
    }

    /// <summary>A headless service has no address of its own: its names mean its endpoints.</summary>
    private IEnumerable<ByteString> Addresses(ServiceConfig service)
    {
        IEnumerable<string> written = service.Addresses;
        if (service.Headless && service.Ports.Count > 0)
        {
            written = index.Endpoints.Serving(service, service.Ports[0]).Select(s => s.Workload.Address);
        }
        foreach (string text in written.Distinct())
        {
            // A block of addresses is not a name's address: no resolver may answer with it.
            if (IPAddress.TryParse(IsSingle(text) ? text[..text.IndexOf('/')] : text, out IPAddress? address))
            {
                yield return ByteString.CopyFrom(address.GetAddressBytes());
            }
        }
    }

    private static bool IsSingle(string block) => block.EndsWith("/32", StringComparison.Ordinal) || block.EndsWith("/128", StringComparison.Ordinal);

    /// <summary>A host that only a VirtualService knows.</summary>
    private static Frontend Unregistered(string host, VirtualServiceConfig service)
    {
        Frontend frontend = new() { Name = host, Namespace = service.Resource.Namespace, Origin = HttpRoutes.OriginOf(service.Resource, "hosts"), OutsideMesh = true };
        frontend.Hostnames.Add(host);
        frontend.Ports.Add(new FrontendPort { Port = UnregisteredPort, Name = "http", Protocol = AppProtocol.Http1, ByHost = true, RouteSet = $"{host}:{UnregisteredPort}" });
        return frontend;
    }
}
