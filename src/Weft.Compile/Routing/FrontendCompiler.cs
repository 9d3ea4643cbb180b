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
            if (index.Registry.Find(host, scope.Namespace) is { } service && Visible(service, scope))
            {
                frontends[host] = Of(service, scope);
            }
        }
        foreach (string host in index.VirtualServices.MeshHosts.Where(h => !frontends.ContainsKey(h)))
        {
            if (index.Registry.Find(host, scope.Namespace) is null && index.VirtualServices.ForMesh(host, scope.Namespace).FirstOrDefault() is { } service)
            {
                frontends[host] = Unregistered(host, service);
            }
        }
        return [.. frontends.Values];
    }

    public bool Visible(ServiceConfig service, ClientScope scope) =>
        service.Visibility.Includes(scope.Namespace) && index.Sidecars.Imports(scope, service.Namespace, service.Host);

    private Frontend Of(ServiceConfig service, ClientScope scope)
    {
        Frontend frontend = new()
        {
            Name = service.Host,
            Namespace = service.Namespace,
            OutsideMesh = service.OutsideMesh,
            Origin = HttpRoutes.OriginOf(service.Resource, ""),
        };
        frontend.Hostnames.AddRange(Hostnames(service));
        frontend.VirtualAddresses.AddRange(Addresses(service));
        frontend.Ports.AddRange(service.Ports.Select(p => Port(service, p, scope)));
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
            // A block of addresses is not a name's address; connections into it are matched by the original destination.
            if (IPAddress.TryParse(text.EndsWith("/32", StringComparison.Ordinal) ? text[..^3] : text, out IPAddress? address))
            {
                yield return ByteString.CopyFrom(address.GetAddressBytes());
            }
        }
    }

    /// <summary>A host that only a VirtualService knows.</summary>
    private static Frontend Unregistered(string host, VirtualServiceConfig service)
    {
        Frontend frontend = new() { Name = host, Namespace = service.Resource.Namespace, Origin = HttpRoutes.OriginOf(service.Resource, "hosts"), OutsideMesh = true };
        frontend.Hostnames.Add(host);
        frontend.Ports.Add(new FrontendPort { Port = UnregisteredPort, Name = "http", Protocol = AppProtocol.Http1, ByHost = true, RouteSet = $"{host}:{UnregisteredPort}" });
        return frontend;
    }
}
