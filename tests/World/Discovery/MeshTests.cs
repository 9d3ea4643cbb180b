using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Weft.ControlPlane.Observe;
using Weft.Model.V1;
using Weft.Protocol.Discovery.V1;
using Weft.Protocol.Telemetry.V1;
using Resource = Weft.Resources.Resource;

namespace Weft.World.Discovery;

public sealed class MeshTests
{
    private const string Service = """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"reviews","namespace":"default"},
         "spec":{"selector":{"app":"reviews"},"ports":[{"name":"http","port":9080,"targetPort":9080}]}}
        """;

    private const string Deployment = """
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"reviews-v1","namespace":"default"},
         "spec":{"replicas":1,"selector":{"matchLabels":{"app":"reviews"}},
          "template":{"metadata":{"labels":{"app":"reviews","version":"v1"}},
           "spec":{"serviceAccountName":"bookinfo-reviews","containers":[{"name":"reviews","image":"reviews:1","ports":[{"containerPort":9080}]}]}}}}
        """;

    private const string Cluster = "reviews.default.svc.cluster.local:9080";

    [Fact]
    public async Task Deployment_Applied_BecomesAnEndpointWithTheIdentityItProved()
    {
        await using MeshWorld mesh = await MeshWorld.StartAsync();
        await mesh.ApplyAsync(Service);
        await mesh.ApplyAsync(Deployment);
        Resource pod = await PodAsync(mesh);
        Assert.StartsWith("240.241.", (string)pod.Status!["podIP"]!, StringComparison.Ordinal);
        using X509Certificate2 certificate = await mesh.JoinAsync(pod);
        DeltaClient stream = mesh.Delta(certificate);
        await stream.HelloAsync($"default/{pod.Name}", Ready(41234));
        await stream.SubscribeAsync("Frontend", "*");
        Assert.Contains("reviews.default.svc.cluster.local", (await stream.NextAsync()).Resources.Select(r => r.Name));
        await stream.SubscribeAsync("EndpointSet", Cluster);

        EndpointSet endpoints = await UntilAsync(stream, set => set.Endpoints.Count == 1);

        Endpoint endpoint = endpoints.Endpoints[0];
        Assert.Equal(("127.0.0.1", 41234u, 9080u), (endpoint.Address, endpoint.Port, endpoint.TargetPort));
        Assert.Equal("spiffe://cluster.local/ns/default/sa/bookinfo-reviews", endpoint.Identity);
        await mesh.WhenAsync(s => s.OfKind("apps", "Deployment").FirstOrDefault(d => d.Status?["readyReplicas"]?.GetValue<int>() == 1));
    }

    [Fact]
    public async Task Pod_Draining_LeavesTheEndpoints()
    {
        await using MeshWorld mesh = await MeshWorld.StartAsync();
        await mesh.ApplyAsync(Service);
        await mesh.ApplyAsync(Deployment);
        Resource pod = await PodAsync(mesh);
        using X509Certificate2 certificate = await mesh.JoinAsync(pod);
        DeltaClient stream = mesh.Delta(certificate);
        await stream.HelloAsync($"default/{pod.Name}", Ready(41234));
        await stream.SubscribeAsync("EndpointSet", Cluster);
        await UntilAsync(stream, set => set.Endpoints.Count == 1);

        WorkloadStatus leaving = Ready(41234);
        leaving.Draining = true;
        await stream.SendAsync(new DeltaRequest { Status = leaving });

        await UntilAsync(stream, set => set.Endpoints.All(e => e.Draining));
    }

    [Fact]
    public async Task Pod_StreamLost_StaysAnEndpoint()
    {
        await using MeshWorld mesh = await MeshWorld.StartAsync();
        await mesh.ApplyAsync(Service);
        await mesh.ApplyAsync(Deployment);
        Resource pod = await PodAsync(mesh);
        using X509Certificate2 certificate = await mesh.JoinAsync(pod);
        DeltaClient lost = mesh.Delta(certificate);
        await lost.HelloAsync($"default/{pod.Name}", Ready(41234));
        await mesh.WhenAsync(s => s.OfKind("", "Pod").FirstOrDefault(p => ControlPlane.Registry.PodStatus.IsTrue(p, "Ready")));
        lost.Dispose();

        DeltaClient other = mesh.Delta(certificate);
        await other.HelloAsync($"default/{pod.Name}");
        await other.SubscribeAsync("EndpointSet", Cluster);

        Assert.Single((await UntilAsync(other, _ => true)).Endpoints);
    }

    [Fact]
    public async Task Report_FromAProxy_ShowsAsAnEdge()
    {
        await using MeshWorld mesh = await MeshWorld.StartAsync();
        await mesh.ApplyAsync(Deployment);
        Resource pod = await PodAsync(mesh);
        using X509Certificate2 certificate = await mesh.JoinAsync(pod);
        using var call = mesh.Telemetry(certificate).Report(cancellationToken: DiscoveryWorld.Patience);

        await call.RequestStream.WriteAsync(new TelemetryReport { Workload = $"default/{pod.Name}", StartedUnixMs = ulong.MaxValue, Edges = { Sample(10, 1) } });
        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync.WaitAsync(DiscoveryWorld.Patience);

        EdgeSummary edge = Assert.Single(mesh.Edges.Summarize(60, withQuiet: true));
        Assert.Equal(("default/reviews-v1", "default/ratings-v1"), (edge.Id.Source.Id, edge.Id.Destination.Id));
        Assert.Equal((10ul, 1ul), (edge.TotalRequests, edge.TotalFailures));
    }

    [Fact]
    public async Task Status_OfAProxy_ShowsWhatItRefusesAndWhatItSheds()
    {
        await using MeshWorld mesh = await MeshWorld.StartAsync();
        await mesh.ApplyAsync(Deployment);
        Resource pod = await PodAsync(mesh);
        using X509Certificate2 certificate = await mesh.JoinAsync(pod);
        DeltaClient stream = mesh.Delta(certificate);
        await stream.HelloAsync($"default/{pod.Name}");
        await stream.SubscribeAsync("RouteSet", "x");
        await stream.AcknowledgeAsync(await stream.NextAsync(), "x: bad", new Refusal { Name = "x", Error = "bad", Partly = true });
        await stream.SubscribeAsync("RouteSet", "y");
        await stream.NextAsync(); // so the refusal has been read
        using (var call = mesh.Telemetry(certificate).Report(cancellationToken: DiscoveryWorld.Patience))
        {
            await call.RequestStream.WriteAsync(new TelemetryReport { Workload = $"default/{pod.Name}", Self = new ProxySelf { OverloadStep = 2, Overload = "step 2" + new string('!', 1000) } });
            await call.RequestStream.CompleteAsync();
            await call.ResponseAsync.WaitAsync(DiscoveryWorld.Patience);
        }

        JsonNode proxy = mesh.Of<MeshStatus>().Proxies().Single(p => (string?)p!["workload"] == $"default/{pod.Name}")!;
        JsonNode nack = Assert.Single(proxy["nacks"]!.AsArray())!;
        Assert.Equal(("RouteSet", "x", "bad", true), ((string?)nack["type"], (string?)nack["name"], (string?)nack["error"], (bool)nack["partly"]!));
        Assert.Equal((2, "step 2!"), ((int)proxy["overloadStep"]!, ((string?)proxy["overload"])![..7]));
        Assert.Equal(300, ((string?)proxy["overload"])!.Length);
        JsonNode counts = mesh.Of<MeshStatus>().Overview()["proxies"]!;
        Assert.Equal((1, 1), ((int)counts["refusing"]!, (int)counts["overloaded"]!));
    }

    [Fact]
    public async Task Tap_Opened_ReachesTheProxyAndEndsWithTheWatcher()
    {
        await using MeshWorld mesh = await MeshWorld.StartAsync();
        await mesh.ApplyAsync(Deployment);
        Resource pod = await PodAsync(mesh);
        using X509Certificate2 certificate = await mesh.JoinAsync(pod);
        DeltaClient stream = mesh.Delta(certificate);
        await stream.HelloAsync($"default/{pod.Name}");
        await stream.SubscribeAsync("Tap", "*");
        Assert.Empty((await stream.NextAsync()).Resources);

        TapBook.Tap tap = mesh.Of<TapBook>().Open(s => s.Pod == pod.Name, "/reviews", "", 5);

        DeltaResponse told = await stream.NextAsync();
        Assert.Equal("/reviews", told.Resources.Single().Value.Unpack<TapRequest>().PathPrefix);
        using (var call = mesh.Telemetry(certificate).Report(cancellationToken: DiscoveryWorld.Patience))
        {
            await call.RequestStream.WriteAsync(new TelemetryReport
            {
                Workload = $"default/{pod.Name}",
                Taps = { new TapEvent { Method = "GET", Path = "/other" }, new TapEvent { Method = "GET", Path = "/reviews/0" } },
            });
            Assert.Equal("/reviews/0", (await tap.Events.ReadAsync(DiscoveryWorld.Patience)).Path);
        }

        tap.Dispose();
        Assert.Equal([tap.Request.Id], (await stream.NextAsync()).Removed);
    }

    private static Task<Resource> PodAsync(MeshWorld mesh) => mesh.WhenAsync(s => s.OfKind("", "Pod").FirstOrDefault());

    private static WorkloadStatus Ready(uint port) => new() { Ready = true, InboundAddress = "127.0.0.1", InboundPort = port, PeerProtocol = "weft/1" };

    private static EdgeSample Sample(ulong requests, ulong failures) => new()
    {
        Source = new Party { Namespace = "default", App = "reviews", Version = "v1", Workload = "reviews-v1-x" },
        Destination = new Party { Namespace = "default", App = "ratings", Version = "v1", Workload = "ratings-v1-x" },
        DestinationService = "ratings.default.svc.cluster.local", Port = 9080, Outbound = true, Protocol = "http", Mtls = true,
        Requests = requests, Failures = failures,
    };

    private static async Task<EndpointSet> UntilAsync(DeltaClient stream, Func<EndpointSet, bool> isGood)
    {
        while (true)
        {
            DeltaResponse response = await stream.NextAsync();
            foreach (var resource in response.Resources.Where(r => response.Type == "EndpointSet"))
            {
                if (resource.Value.Unpack<EndpointSet>() is var set && isGood(set))
                {
                    return set;
                }
            }
        }
    }
}
