using System.Net;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Weft.Protocol.Discovery.V1;
using Weft.Protocol.Identity.V1;
using Weft.Proxy.Control.GrpcClient;
using Weft.Transport;
using AuthorityService = Weft.Protocol.Identity.V1.Authority;
using DiscoveryService = Weft.Protocol.Discovery.V1.Discovery;

namespace Weft.World.Proxy;

/// <summary>Our gRPC client, HTTP/2 and TLS against Kestrel's.</summary>
public sealed class GrpcChannelTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly EventLoop _loop = EventLoop.Start("grpc-test");

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task Unary_OverMutualTls_CarriesBothIdentities()
    {
        using var authority = new TestAuthority();
        await using GrpcServer server = await GrpcServer.StartAsync(authority);
        using GrpcChannel channel = Open(server.Port, authority);
        var client = new AuthorityService.AuthorityClient(channel);

        IssueResponse response = await client.IssueAsync(
            new IssueRequest { CsrDer = ByteString.CopyFromUtf8("csr") }, new Metadata { { "x-pod", "default/web" } }).ResponseAsync.WaitAsync(Patience);

        Assert.Equal("CN=web", response.SpiffeId);
        Assert.Equal("default/web", response.Pod);
        Assert.Equal("csr", response.ChainDer[0].ToStringUtf8());
    }

    [Fact]
    public async Task Unary_ServerOfAnotherAuthority_IsUnavailable()
    {
        using var theirs = new TestAuthority();
        using var ours = new TestAuthority();
        await using GrpcServer server = await GrpcServer.StartAsync(theirs);
        using GrpcChannel channel = Open(server.Port, ours);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() =>
            new AuthorityService.AuthorityClient(channel).IssueAsync(new IssueRequest()).ResponseAsync.WaitAsync(Patience));

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Contains("TLS", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_ServerWithAName_IsResolvedForEachConnection()
    {
        await using GrpcServer server = await GrpcServer.StartAsync();
        SocketTarget? address = null;
        using var channel = new GrpcChannel(_loop, new GrpcChannelOptions { Resolve = () => new LoopTask<SocketTarget?>(address), Authority = "control.test" });
        var client = new AuthorityService.AuthorityClient(channel);

        RpcException unknown = await Assert.ThrowsAsync<RpcException>(() => client.IssueAsync(new IssueRequest()).ResponseAsync.WaitAsync(Patience));
        Assert.Contains("control.test does not resolve", unknown.Status.Detail, StringComparison.Ordinal);

        address = SocketTarget.Ip(IPAddress.Loopback, server.Port);
        Assert.NotNull(await client.IssueAsync(new IssueRequest { CsrDer = ByteString.CopyFromUtf8("csr") }).ResponseAsync.WaitAsync(Patience));
    }

    [Fact]
    public async Task Unary_ServerRefuses_ThrowsItsStatusAndTrailers()
    {
        await using GrpcServer server = await GrpcServer.StartAsync();
        using GrpcChannel channel = Open(server.Port);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() =>
            new AuthorityService.AuthorityClient(channel).IssueAsync(new IssueRequest { Token = "refuse" }).ResponseAsync.WaitAsync(Patience));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Equal("token spent: ütf-8 100%", refused.Status.Detail);
        Assert.Equal("spent", refused.Trailers.GetValue("x-why"));
    }

    [Fact]
    public async Task Unary_DeadlinePasses_IsDeadlineExceeded()
    {
        await using GrpcServer server = await GrpcServer.StartAsync();
        using GrpcChannel channel = Open(server.Port);

        RpcException late = await Assert.ThrowsAsync<RpcException>(() => new AuthorityService.AuthorityClient(channel)
            .IssueAsync(new IssueRequest { Token = "hang" }, deadline: DateTime.UtcNow.AddMilliseconds(100)).ResponseAsync.WaitAsync(Patience));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
    }

    [Fact]
    public async Task Unary_Cancelled_IsCancelled()
    {
        await using GrpcServer server = await GrpcServer.StartAsync();
        using GrpcChannel channel = Open(server.Port);
        using var cancellation = new CancellationTokenSource();

        Task<IssueResponse> response = new AuthorityService.AuthorityClient(channel)
            .IssueAsync(new IssueRequest { Token = "hang" }, cancellationToken: cancellation.Token).ResponseAsync;
        await cancellation.CancelAsync();

        RpcException cancelled = await Assert.ThrowsAsync<RpcException>(() => response.WaitAsync(Patience));
        Assert.Equal(StatusCode.Cancelled, cancelled.StatusCode);
    }

    [Fact]
    public async Task Unary_MessageLargerThanAllWindows_ComesBackWhole()
    {
        await using GrpcServer server = await GrpcServer.StartAsync();
        using GrpcChannel channel = Open(server.Port);
        byte[] large = new byte[3 << 20];
        new Random(1).NextBytes(large);

        IssueResponse response = await new AuthorityService.AuthorityClient(channel)
            .IssueAsync(new IssueRequest { CsrDer = ByteString.CopyFrom(large) }).ResponseAsync.WaitAsync(Patience);

        Assert.Equal(large, response.ChainDer[0].ToByteArray());
    }

    [Fact]
    public async Task Unary_FiftyAtOnce_ShareOneConnection()
    {
        await using GrpcServer server = await GrpcServer.StartAsync();
        using GrpcChannel channel = Open(server.Port);
        var client = new AuthorityService.AuthorityClient(channel);

        Task<IssueResponse>[] calls = [.. Enumerable.Range(0, 50).Select(i =>
            client.IssueAsync(new IssueRequest { CsrDer = ByteString.CopyFromUtf8($"{i}") }).ResponseAsync)];
        IssueResponse[] responses = await Task.WhenAll(calls).WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), responses.Select(r => r.ChainDer[0].ToStringUtf8()));
    }

    [Fact]
    public async Task Duplex_ManyMessages_AnswersEachInOrderThenEnds()
    {
        using var authority = new TestAuthority();
        await using GrpcServer server = await GrpcServer.StartAsync(authority);
        using GrpcChannel channel = Open(server.Port, authority);
        using AsyncDuplexStreamingCall<DeltaRequest, DeltaResponse> call = new DiscoveryService.DiscoveryClient(channel).Delta();

        Task writing = WriteAsync();
        for (int i = 0; i < 500; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
            Assert.Equal($"{i}", call.ResponseStream.Current.Nonce);
        }

        await writing.WaitAsync(Patience);
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);

        async Task WriteAsync()
        {
            for (int i = 0; i < 500; i++)
            {
                await call.RequestStream.WriteAsync(new DeltaRequest { Type = "Cluster", ResponseNonce = $"{i}", Subscribe = { new string('x', i * 10) } });
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task Channel_ServerGoneAndBack_FailsThenDialsAgain()
    {
        GrpcServer first = await GrpcServer.StartAsync();
        using GrpcChannel channel = Open(first.Port);
        var client = new AuthorityService.AuthorityClient(channel);
        _ = await client.IssueAsync(new IssueRequest()).ResponseAsync.WaitAsync(Patience);
        using AsyncDuplexStreamingCall<DeltaRequest, DeltaResponse> stream = new DiscoveryService.DiscoveryClient(channel).Delta();
        await stream.RequestStream.WriteAsync(new DeltaRequest { ResponseNonce = "1" }).WaitAsync(Patience);
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));

        await first.DisposeAsync();
        _ = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));
        RpcException gone = await Assert.ThrowsAsync<RpcException>(() => client.IssueAsync(new IssueRequest()).ResponseAsync.WaitAsync(Patience));
        Assert.Equal(StatusCode.Unavailable, gone.StatusCode);

        await using GrpcServer second = await GrpcServer.StartAsync(port: first.Port);
        IssueResponse response = await client.IssueAsync(new IssueRequest()).ResponseAsync.WaitAsync(Patience);
        Assert.Equal("nobody", response.SpiffeId);
    }

    private GrpcChannel Open(int port, TestAuthority? authority = null) => new(_loop, new GrpcChannelOptions
    {
        Address = SocketTarget.Ip(IPAddress.Loopback, port),
        Authority = $"127.0.0.1:{port}",
        Tls = authority is null ? null : () => ClientContext(authority),
        VerifyName = authority is null ? null : "control.weft",
    });

    private static TlsContext ClientContext(TestAuthority authority)
    {
        using X509Certificate2 certificate = authority.Issue("web");
        return TlsContext.Client(new TlsContextOptions
        {
            CertificateChainPem = certificate.ExportCertificatePem(),
            PrivateKeyPem = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(),
            TrustPem = authority.RootPem,
            Alpn = ["h2"],
        });
    }
}
