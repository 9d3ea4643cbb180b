using System.Globalization;
using Google.Protobuf;
using Weft.Model.V1;
using Weft.Proxy.Static;

namespace Weft.World.DataPath;

[CollectionDefinition(nameof(StateSizeTests), DisableParallelization = true)]
public sealed class StateSizeAlone;

/// <summary>What ten thousand services cost one proxy: in bytes that stay, after a collection. Alone, for nobody else may allocate meanwhile.</summary>
[Collection(nameof(StateSizeTests))]
public sealed class StateSizeTests
{
    private const int Services = 10_000;

    /// <summary>
    /// Of a service that is used: names (400), routes and their places (750), cluster (1,000), endpoint and the way to it (1,000), its share of the
    /// counters of edges (500, since no more than 4,096 edges are told apart). Ten thousand, and what a control plane is to be told of them, are 37 MiB beside
    /// the 13 MiB of a proxy without any, which the tests of the shipped binary hold to 60 (`tests/EndToEnd/Scale`).
    /// </summary>
    private const int UsedBytesMax = 4_000;

    /// <summary>Of a service that is only known: its names in the table by which hosts and addresses are found.</summary>
    private const int KnownBytesMax = 500;

    [Fact]
    public async Task Proxy_TenThousandServicesAllUsed_StayWithinTheirBytes()
    {
        using var origin = RawOrigin.Telling();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using StaticProxy proxy = Start(origin.Port, isUsed: true);
        await UseAllAsync(proxy);
        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Services;
        Assert.True(bytes <= UsedBytesMax, $"a used service takes {bytes} bytes instead of at most {UsedBytesMax}");
        GC.KeepAlive(proxy);
    }

    [Fact]
    public void Proxy_TenThousandServicesUnused_CostOnlyTheirNames()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using StaticProxy proxy = Start(1, isUsed: false);
        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Services;
        Assert.True(bytes <= KnownBytesMax, $"a known service takes {bytes} bytes instead of at most {KnownBytesMax}");
        Assert.Empty(proxy.Path.Parts.Mesh.Edges.Snapshot());
        Assert.DoesNotContain(proxy.Path.Parts.Mesh.Cells.AllClusters, c => c.Model is not null);
        GC.KeepAlive(proxy);
    }

    /// <summary>Its configuration is garbage once it has started.</summary>
    private static StaticProxy Start(int originPort, bool isUsed)
    {
        var config = new StaticConfig { ExplicitOutbound = "127.0.0.1:0" };
        for (int i = 0; i < Services; i++)
        {
            string service = Name(i), name = $"{service}:80";
            config.Frontends.Add(new Frontend
            {
                Name = service, Namespace = $"team-{i % 50}", Hostnames = { service, service[..service.IndexOf(".svc", StringComparison.Ordinal)], $"s{i}.team-{i % 50}.svc" },
                VirtualAddresses = { ByteString.CopyFrom([240, 1, (byte)(i / 256), (byte)(i % 256)]) },
                Ports = { new FrontendPort { Port = 80, Name = "http", Protocol = AppProtocol.Http1, ByHost = true, RouteSet = name } },
                Origin = new Origin { Kind = "Service", Namespace = $"team-{i % 50}", Name = $"s{i}" },
            });
            if (isUsed)
            {
                config.RouteSets.Add(new RouteSet { Name = name, VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { new Route { Origin = new Origin { Kind = "Service", Namespace = $"team-{i % 50}", Name = $"s{i}" }, Forward = new Forward { Clusters = { new WeightedCluster { Cluster = name, Weight = 100 } } } } } } } });
                config.Clusters.Add(new Cluster { Name = name, Service = service, Namespace = $"team-{i % 50}", Port = 80, Protocol = AppProtocol.Http1, Tls = new UpstreamTls { Mode = UpstreamTls.Types.Mode.Auto } });
                config.EndpointSets.Add(new EndpointSet { Name = name, Endpoints = { new Endpoint { Address = "127.0.0.1", Port = (uint)originPort, TargetPort = 8080, Workload = $"team-{i % 50}/s{i}-0" } } });
            }
        }

        return StaticProxy.Start(config, static () => Stream.Null);
    }

    /// <summary>One request to each, over one connection.</summary>
    private static async Task UseAllAsync(StaticProxy proxy)
    {
        using RawClient client = await RawClient.ConnectAsync(proxy.OutboundAddress!);
        for (int i = 0; i < Services; i++)
        {
            await client.SendAsync(string.Create(CultureInfo.InvariantCulture, $"GET / HTTP/1.1\r\nHost: {Name(i)}\r\n\r\n"));
            (string head, _) = await client.ReadAnswerAsync();
            Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
        }
    }

    private static string Name(int i) => $"s{i}.team-{i % 50}.svc.cluster.local";
}
