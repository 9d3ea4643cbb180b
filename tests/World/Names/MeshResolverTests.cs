using System.Buffers.Binary;
using Google.Protobuf;
using Weft.Model.V1;
using Weft.Proxy.Dns;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Wire.Dns;

namespace Weft.World.Names;

/// <summary>What a pod's application is answered: names of the mesh by the mesh, others by the host's servers.</summary>
public sealed class MeshResolverTests : IAsyncDisposable
{
    private const int RefusedCode = 5;

    private readonly DnsServer _server = DnsServer.Start();
    private readonly NameKit _kit;
    private readonly MeshResolver _resolver;

    public MeshResolverTests()
    {
        _kit = new NameKit(_server.Port, "nameserver 127.0.0.1\nsearch test\noptions attempts:1", hosts: "10.9.8.7 files.test\n");
        var edges = new EdgeTable(loops: 1);
        var mesh = new MeshState(edges);
        var activation = new RouteActivation(mesh.Cells, () => _kit.Loop.NowMs, new DiscoveryPatience());
        var applier = new StateApplier(mesh, new ClusterContext(edges, "host", seed: 1), activation, new StateOwner("default", static () => "spiffe://cluster.local/ns/default/sa/web"));
        var workload = new Workload { Name = "default/web", Namespace = "default", ServiceAccount = "web", Outbound = new OutboundPolicy { AllowAny = true } };
        applier.Apply(new ResourceDelta("Workload", [new ResourceUpdate(workload.Name, "v", workload.ToByteString())], [], []));
        var frontend = new Frontend { Name = "reviews.default.svc.cluster.local", Namespace = "default", Hostnames = { "reviews.default.svc.cluster.local" }, VirtualAddresses = { ByteString.CopyFrom(240, 240, 0, 1) } };
        applier.Apply(new ResourceDelta("Frontend", [new ResourceUpdate(frontend.Name, "v", frontend.ToByteString())], [], []));
        _resolver = new MeshResolver(_kit.Loop, mesh, _kit.Client);
    }

    public async ValueTask DisposeAsync()
    {
        _kit.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>Name and type; code, addresses, and whether the host's server was asked.</summary>
    [Theory]
    [InlineData("reviews.default.svc.cluster.local", DnsType.A, DnsCode.NoError, "240.240.0.1", false)]
    [InlineData("reviews.default.svc.cluster.local", DnsType.Aaaa, DnsCode.NoError, "", false)]
    [InlineData("nobody.default.svc.cluster.local", DnsType.A, DnsCode.NameError, "", false)] // our domain's names must not leak
    [InlineData("short", DnsType.A, DnsCode.NameError, "", false)]
    [InlineData("files.test", DnsType.A, DnsCode.NoError, "10.9.8.7", false)]
    [InlineData("www.test", DnsType.A, DnsCode.NoError, "192.0.2.1", true)]
    [InlineData("www.test", DnsType.Aaaa, DnsCode.NoError, "2001:db8::1", true)]
    [InlineData("four.test", DnsType.Aaaa, DnsCode.NoError, "", true)]
    [InlineData("gone.test", DnsType.A, DnsCode.NameError, "", true)]
    [InlineData("broken.test", DnsType.A, DnsCode.ServerFailure, "", true)]
    [InlineData("www.test", 15, DnsCode.NoError, "", false)]                                  // MX: not ours to know
    public async Task Question_OfAPod_IsAnsweredByWhoKnows(string name, ushort type, int code, string addresses, bool asked)
    {
        _server.Set("www.test", 60, "192.0.2.1", "2001:db8::1");
        _server.Set("four.test", 60, "192.0.2.4");
        _server.Misdeed = q => [q.Name == "broken.test" ? DnsServer.Reply(q, RefusedCode, [], []) : _server.Answer(q)];

        (int answered, string found, uint ttl) = await AskAsync(name, type);

        Assert.Equal((code, addresses), (answered, found));
        Assert.Equal(asked, !_server.Questions.IsEmpty);
        Assert.True(found.Length == 0 || ttl is >= 1 and <= 60);
        Assert.All(_server.Questions, q => Assert.Equal(name, q.Name)); // as it stands: the pod searches by itself
    }

    private async Task<(int Code, string Addresses, uint Ttl)> AskAsync(string name, ushort type)
    {
        byte[] wire = new byte[DnsName.WireBytesMax];
        Assert.True(DnsName.TryEncode(name, wire, out int length));
        byte[] query = new byte[DnsQuery.BytesMax];
        query = query[..DnsQuery.Write(7, wire.AsSpan(0, length), type, withOptions: false, query)];
        byte[] answer = await _kit.Loop.InvokeAsync(() => _resolver.AnswerAsync(query, DnsAnswer.UdpBytesMax)).WaitAsync(NameKit.Patience);
        Assert.Equal(7, BinaryPrimitives.ReadUInt16BigEndian(answer));
        return DnsReplyReader.TryRead(answer, 7, wire.AsSpan(0, length), type, out DnsReply reply)
            ? (reply.Code, string.Join(' ', reply.Addresses), reply.TtlSeconds)
            : (-1, "", 0);
    }
}
