using System.Net;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.State.Cells;
using Weft.Proxy.Static;
using Weft.World.DataPath;

namespace Weft.World.LifeCycle;

/// <summary>Everything that discovery swaps is swapped all the time while two proxies with mutual TLS between them serve: no request may notice.</summary>
public sealed class SwapTests
{
    private const int Rounds = 40;
    private const int AnswersBetween = 20;
    private const string Service = "api.default.svc.cluster.local";

    [Theory]
    [InlineData("HTTP/1.1")]
    [InlineData("HTTP/2")]
    public async Task Configuration_SwappedUnderLoad_FailsNoRequest(string application)
    {
        await using LifeOrigin origin = await LifeOrigin.StartAsync();
        bool isHttp2 = application == "HTTP/2";
        AppProtocol protocol = isHttp2 ? AppProtocol.Http2 : AppProtocol.Http1;
        await using var kit = new PathKit();
        kit.StartServer(isHttp2 ? origin.Http2Port : origin.Http1Port, w => w.Inbound[0].Protocol = protocol);
        kit.StartClient(kit.Authority, protocol: protocol);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        await using SteadyLoad load = new SteadyLoad(kit.Client!.OutboundAddress!, "api.default:9080").KeepAlive(2).NewConnections(1).Http2(3, invoker);
        if (isHttp2)
        {
            load.Grpc(3, invoker);
        }

        await load.ProgressAsync(AnswersBetween);
        for (int i = 0; i < Rounds; i++)
        {
            Swap(kit, i, protocol);
            await load.ProgressAsync(AnswersBetween);
        }

        Assert.Empty(await load.StopAsync());
    }

    /// <summary>One kind a round: routes, cluster, endpoints, frontend, the callee's workload, and either side's identity.</summary>
    private static void Swap(PathKit kit, int round, AppProtocol protocol)
    {
        StaticProxy client = kit.Client!;
        switch (round % 7)
        {
            case 0:
                var routes = new RouteSet { Name = $"{Service}:9080", VirtualHosts = { new VirtualHost { Hosts = { "*" } } } };
                var forward = new Forward { Clusters = { new WeightedCluster { Cluster = $"{Service}:9080", Weight = (uint)round + 1 } } };
                routes.VirtualHosts[0].Routes.Add(new Route { Origin = new Origin { Kind = "HTTPRoute", Name = $"round-{round}" }, Forward = forward });
                client.Replace(ResourceTypes.RouteSet, routes.Name, routes);
                break;
            case 1:
                var cluster = new Cluster { Name = $"{Service}:9080", Service = Service, Namespace = "default", Port = 9080, Protocol = protocol };
                client.Replace(ResourceTypes.Cluster, cluster.Name, cluster);
                break;
            case 2:
                client.Replace(ResourceTypes.EndpointSet, $"{Service}:9080", Endpoints(kit, round));
                break;
            case 3:
                var frontend = new Frontend { Name = Service, Namespace = "default", Hostnames = { Service, "api.default", $"round-{round}.default" } };
                frontend.Ports.Add(new FrontendPort { Port = 9080, Protocol = protocol, ByHost = true, RouteSet = $"{Service}:9080" });
                client.Replace(ResourceTypes.Frontend, Service, frontend);
                break;
            case 4:
                var workload = new Workload { Name = "default/api-1", Namespace = "default", ServiceAccount = "api", Labels = { ["round"] = $"{round}" } };
                workload.Inbound.Add(new InboundPort { Port = 9080, Protocol = protocol, Mtls = InboundPort.Types.Mtls.Strict });
                kit.Server!.Replace(ResourceTypes.Workload, workload.Name, workload);
                break;
            case 5:
                Renew(kit, client, "web");
                break;
            default:
                Renew(kit, kit.Server!, "api");
                break;
        }
    }

    /// <summary>The same place, under one more name each other time: a second endpoint comes and goes.</summary>
    private static EndpointSet Endpoints(PathKit kit, int round)
    {
        var set = new EndpointSet { Name = $"{Service}:9080" };
        for (int i = 0; i <= round % 2; i++)
        {
            set.Endpoints.Add(new Endpoint
            {
                Address = "127.0.0.1", Port = (uint)kit.Server!.InboundAddress!.Port, TargetPort = 9080, PeerProtocol = PathKit.PeerProtocol,
                Identity = "spiffe://weft.local/ns/default/sa/api", Workload = $"default/api-{i + 1}", Weight = (uint)round + 1,
            });
        }

        return set;
    }

    private static void Renew(PathKit kit, StaticProxy proxy, string account)
    {
        StaticIdentity identity = kit.Authority.Issue(account);
        Assert.True(SpiffeId.TryParse(identity.Id, out SpiffeId? id));
        proxy.Path.Parts.Tls.Replace(id, identity.CertificateChainPem, identity.PrivateKeyPem, identity.TrustPem);
        proxy.Path.CloseIdleUpstreams();
    }
}
