using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Weft.Model.V1;
using Weft.Proxy.State.Cells;
using Weft.Transport;
using Weft.World.DataPath.Edge;

namespace Weft.World.DataPath;

/// <summary>Where a Sidecar's ingress listener leads, and what it lets in.</summary>
public sealed class SidecarIngressTests
{
    private const string Account = "spiffe://weft.local/ns/default/sa/web";

    [Fact]
    public async Task AnotherPort_IsWhereTheApplicationIsReached()
    {
        using RawOrigin declared = RawOrigin.Telling(), real = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(declared, w => w.Inbound[0].AppPort = (uint)real.Port);
        await client.GetAsync("/a");
        Assert.StartsWith("GET /a HTTP/1.1", (await client.ReadAnswerAsync()).Body);
        Assert.Equal((0, 1), (declared.Accepted, real.Accepted));
    }

    [Fact]
    public async Task UnixSocket_IsWhereTheApplicationIsReached()
    {
        string folder = Directory.CreateTempSubdirectory("weft-ingress-").FullName;
        string path = Path.Combine(folder, "app.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task serving = AnswerOnceAsync(listener);
        using RawOrigin declared = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(declared, w => w.Inbound[0].AppSocket = path);
        await client.GetAsync("/");
        Assert.Equal("by socket", (await client.ReadAnswerAsync()).Body);
        await serving.WaitAsync(PathKit.Patience);
        Assert.Equal(0, declared.Accepted);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Pool_OfOneRequestAConnection_OpensOneForEach()
    {
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(origin, w => w.Inbound[0].Pool = new AppPool { MaxRequestsPerConnection = 1 });
        for (int i = 1; i <= 2; i++)
        {
            await client.GetAsync("/");
            await client.ReadAnswerAsync();
            Assert.Equal(i, origin.Accepted);
        }
    }

    [Fact]
    public async Task Pool_AtItsLimitOfRequests_AnswersForTheApplication()
    {
        var asked = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        using RawOrigin origin = new(async c =>
        {
            await c.ReadHeadAsync();
            asked.SetResult();
            await goOn.Task;
            await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await using var kit = new PathKit();
        using RawClient first = await kit.ConnectThroughMeshAsync(origin, w => w.Inbound[0].Pool = new AppPool { Limits = new ConnectionLimits { Requests = 1 } });
        await first.GetAsync("/");
        await asked.Task.WaitAsync(PathKit.Patience);
        using RawClient second = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await second.GetAsync("/");
        Assert.StartsWith("HTTP/1.1 503 ", (await second.ReadAnswerAsync()).Head);
        goOn.SetResult();
        Assert.Equal("ok", (await first.ReadAnswerAsync()).Body);
    }

    [Fact]
    public async Task Pool_AtItsLimitOfConnections_QueuesAsManyRequestsAsMayBePending()
    {
        var asked = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        using RawOrigin origin = new(async c =>
        {
            while (await c.ReadHeadAsync() is not null)
            {
                asked.TrySetResult();
                await goOn.Task;
                await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using var kit = new PathKit();
        using RawClient first = await kit.ConnectThroughMeshAsync(origin, w => w.Inbound[0].Pool = new AppPool { Limits = new ConnectionLimits { Connections = 1, Pending = 1 } });
        await first.GetAsync("/");
        await asked.Task.WaitAsync(PathKit.Patience);
        using RawClient second = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!), third = await RawClient.ConnectAsync(kit.Client.OutboundAddress!);
        await second.GetAsync("/");
        await third.GetAsync("/");
        Task<(string Head, string Body)> one = second.ReadAnswerAsync(), other = third.ReadAnswerAsync();
        Task<(string Head, string Body)> refused = await Task.WhenAny(one, other);
        Assert.StartsWith("HTTP/1.1 503 ", (await refused).Head);
        goOn.SetResult();
        Assert.Equal("ok", (await first.ReadAnswerAsync()).Body);
        Assert.Equal("ok", (await (refused == one ? other : one)).Body);
    }

    /// <summary>Who waits in vain is refused, and goes past nobody.</summary>
    [Fact]
    public async Task Pool_WhoseConnectionsStayTaken_RefusesAfterTheTimeToConnect()
    {
        var asked = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        using RawOrigin origin = new(async c =>
        {
            await c.ReadHeadAsync();
            asked.TrySetResult();
            await goOn.Task;
            await c.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await using var kit = new PathKit();
        using RawClient first = await kit.ConnectThroughMeshAsync(origin, w => w.Inbound[0].Pool = new AppPool
        {
            Limits = new ConnectionLimits { Connections = 1 }, ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(200)),
        });
        await first.GetAsync("/");
        await asked.Task.WaitAsync(PathKit.Patience);
        using RawClient second = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await second.GetAsync("/");
        Assert.StartsWith("HTTP/1.1 503 ", (await second.ReadAnswerAsync()).Head);
        Assert.Equal(1, origin.Accepted);
        goOn.SetResult();
        Assert.Equal("ok", (await first.ReadAnswerAsync()).Body);
    }

    [Fact]
    public async Task Tls_OfTheListener_EndsForCallersFromOutside()
    {
        using var authority = new EdgeAuthority();
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        IPEndPoint address = Listen(kit, origin, authority, ServerTls.Types.Mode.Simple);
        ToolResult result = await Tool.RunAsync("curl", $"-sS --max-time 10 --cacert {authority.TrustFile} --connect-to ::127.0.0.1:{address.Port} https://in.example.com/x");
        Assert.StartsWith("GET /x HTTP/1.1", result.Output);
        Assert.Contains("x-forwarded-proto: https", result.Output);
        Assert.NotEqual(0, (await Tool.RunAsync("curl", $"-sS --max-time 10 http://127.0.0.1:{address.Port}/")).ExitCode); // plain text is not what the port takes
        using RawClient peer = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await peer.GetAsync("/peer");
        Assert.StartsWith("GET /peer HTTP/1.1", (await peer.ReadAnswerAsync()).Body); // peers have their own way
    }

    /// <summary>An authority of the user's own may sign any name, also one of the mesh: policy does not believe it.</summary>
    [Fact]
    public async Task Tls_ClientCertificateWithANameOfTheMesh_IsNoIdentity()
    {
        using var authority = new EdgeAuthority();
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        var rule = new AuthorizationRule { From = { new AuthorizationSource { Principals = { new StringMatch { Exact = "weft.local/ns/default/sa/web" } } } } };
        IPEndPoint address = Listen(kit, origin, authority, ServerTls.Types.Mode.Mutual, w => w.Authorization.Add(new AuthorizationRules
        {
            Dialect = "istio", HasAllowList = true, Allow = { new AuthorizationPolicy { Rules = { rule } } },
        }));
        EdgeCertificate forged = authority.Issue(Account);
        ToolResult result = await Tool.RunAsync("curl", $"-sS --max-time 10 -w %{{http_code}} -o /dev/null --cert {forged.CertificateFile} --key {forged.KeyFile} --cacert {authority.TrustFile} --connect-to ::127.0.0.1:{address.Port} https://in.example.com/x");
        Assert.Equal("403", result.Output);
        Assert.Equal(0, origin.Accepted);
        using RawClient peer = await RawClient.ConnectAsync(kit.Client!.OutboundAddress!);
        await peer.GetAsync("/peer");
        Assert.StartsWith("HTTP/1.1 200 ", (await peer.ReadAnswerAsync()).Head);
    }

    /// <summary>A listener that the pod's rules would redirect to, for port 9080 with TLS of its own.</summary>
    private static IPEndPoint Listen(PathKit kit, RawOrigin origin, EdgeAuthority authority, ServerTls.Types.Mode mode, Action<Workload>? configure = null)
    {
        kit.StartServer(origin, w =>
        {
            w.Inbound[0].Mtls = InboundPort.Types.Mtls.Disable;
            w.Inbound[0].Tls = new ServerTls { Mode = mode, Credentials = { "default/in" } };
            configure?.Invoke(w);
        });
        kit.Server!.Replace(ResourceTypes.Credential, "default/in", authority.Issue("in.example.com").As("default/in", withTrust: true));
        kit.StartClient(kit.Authority);
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        IPEndPoint address = Sockets.LocalAddress(fd)!;
        kit.Server.Path.ListenInbound(fd, 9080);
        return address;
    }

    private static async Task AnswerOnceAsync(Socket listener)
    {
        using Socket accepted = await listener.AcceptAsync();
        await accepted.ReceiveAsync(new byte[4096]);
        await accepted.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nby socket"u8.ToArray());
    }
}
