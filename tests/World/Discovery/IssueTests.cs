using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Weft.Authority.Issue;
using Weft.Protocol.Identity.V1;

namespace Weft.World.Discovery;

public sealed class IssueTests
{
    [Fact]
    public async Task Issue_FirstByToken_SignsTheBoundIdentityNotTheRequestedOne()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        world.Publish(v => v.WithPod("shop", "cart-1", "cart"));
        MintedToken token = world.Authority.Tokens.Mint(new TokenBinding("shop", "cart", "cart-1", "uid-cart-1"), TimeSpan.FromMinutes(10));
        using ECDsa key = DiscoveryWorld.NewKey();

        IssueResponse issued = await world.IssueClient(null).IssueAsync(
            new IssueRequest { CsrDer = DiscoveryWorld.Csr(key, "CN=admin"), Token = token.Text }, cancellationToken: DiscoveryWorld.Patience);

        Assert.Equal("spiffe://cluster.local/ns/shop/sa/cart", issued.SpiffeId);
        Assert.Equal(("cluster.local", "shop", "cart", "cart-1"), (issued.TrustDomain, issued.Namespace, issued.ServiceAccount, issued.Pod));
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(issued.ChainDer[0].ToByteArray());
        Assert.Equal("", leaf.Subject);
        Assert.True(world.Authority.TryVerifyPeer(leaf, null, out var id, out _));
        Assert.Equal(issued.SpiffeId, id.Text);
        Assert.Equal(world.Authority.TrustBundle[0].RawData, issued.TrustBundleDer[0].ToByteArray());
    }

    [Fact]
    public async Task Issue_SameTokenTwice_SecondIsUnauthenticated()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        world.Publish(v => v.WithPod("shop", "cart-1", "cart"));
        string token = world.Authority.Tokens.Mint(new TokenBinding("shop", "cart", "cart-1", "uid-cart-1"), TimeSpan.FromMinutes(10)).Text;
        using ECDsa key = DiscoveryWorld.NewKey();
        var request = new IssueRequest { CsrDer = DiscoveryWorld.Csr(key), Token = token };
        await world.IssueClient(null).IssueAsync(request, cancellationToken: DiscoveryWorld.Patience);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await world.IssueClient(null).IssueAsync(request, cancellationToken: DiscoveryWorld.Patience));

        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.Contains("used before", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Issue_NeitherTokenNorCertificate_IsUnauthenticated()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using ECDsa key = DiscoveryWorld.NewKey();

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await world.IssueClient(null).IssueAsync(new IssueRequest { CsrDer = DiscoveryWorld.Csr(key) }, cancellationToken: DiscoveryWorld.Patience));

        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    [Fact]
    public async Task Issue_TokenOfAPodThatIsGone_IsDenied()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        string token = world.Authority.Tokens.Mint(new TokenBinding("shop", "cart", "cart-1", "uid-cart-1"), TimeSpan.FromMinutes(10)).Text;
        using ECDsa key = DiscoveryWorld.NewKey();

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await world.IssueClient(null).IssueAsync(new IssueRequest { CsrDer = DiscoveryWorld.Csr(key), Token = token }, cancellationToken: DiscoveryWorld.Patience));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact]
    public async Task Issue_RenewalByCertificate_KeepsTheIdentity()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 first = await world.JoinAsync("shop", "cart-1", "cart");
        using ECDsa key = DiscoveryWorld.NewKey();

        IssueResponse renewed = await world.IssueClient(first).IssueAsync(new IssueRequest { CsrDer = DiscoveryWorld.Csr(key) }, cancellationToken: DiscoveryWorld.Patience);

        Assert.Equal("spiffe://cluster.local/ns/shop/sa/cart", renewed.SpiffeId);
        using X509Certificate2 second = X509CertificateLoader.LoadCertificate(renewed.ChainDer[0].ToByteArray());
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
    }

    [Fact]
    public async Task Issue_BeforeTheStoreIsLoaded_WaitsAndKeepsTheToken()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync(loaded: false);
        string token = world.Authority.Tokens.Mint(new TokenBinding("shop", "cart", "cart-1", "uid-cart-1"), TimeSpan.FromMinutes(10)).Text;
        using ECDsa key = DiscoveryWorld.NewKey();
        AsyncUnaryCall<IssueResponse> call = world.IssueClient(null).IssueAsync(
            new IssueRequest { CsrDer = DiscoveryWorld.Csr(key), Token = token }, cancellationToken: DiscoveryWorld.Patience);

        world.Publish(v => v.WithPod("shop", "cart-1", "cart"));

        Assert.Equal("cart-1", (await call).Pod);
    }
}
