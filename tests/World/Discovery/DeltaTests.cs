using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Weft.ControlPlane.Distribute;
using Weft.Model.V1;
using Weft.Protocol.Discovery.V1;

namespace Weft.World.Discovery;

public sealed class DeltaTests
{
    [Fact]
    public async Task Delta_WithoutCertificate_IsUnauthenticated()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();

        Assert.Equal(StatusCode.Unauthenticated, (await world.Delta(null).EndAsync()).StatusCode);
    }

    [Fact]
    public async Task Delta_CertificateOfAnotherAuthority_FailsTheHandshake()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        await using DiscoveryWorld other = await DiscoveryWorld.StartAsync();
        using X509Certificate2 foreign = await other.JoinAsync("shop", "cart-1", "cart");
        world.Publish(v => v.WithPod("shop", "cart-1", "cart"));

        Status end = await world.Delta(foreign).EndAsync();

        Assert.True(end.StatusCode is StatusCode.Unavailable or StatusCode.Internal, $"{end}");
        Assert.Empty(world.Subscribers.Open);
    }

    [Theory]
    [InlineData("shop/other", StatusCode.PermissionDenied)]  // another service account
    [InlineData("bank/vault", StatusCode.PermissionDenied)]  // another namespace
    [InlineData("shop/nobody", StatusCode.NotFound)]
    [InlineData("cart-1", StatusCode.InvalidArgument)]
    public async Task Delta_ClaimsAWorkloadThatItIsNot_IsRefused(string claim, StatusCode expected)
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        world.Publish(v => v.WithPod("shop", "other", "other").WithPod("bank", "vault", "cart"));
        using DeltaClient stream = world.Delta(certificate);

        await stream.HelloAsync(claim);

        Assert.Equal(expected, (await stream.EndAsync()).StatusCode);
        Assert.Empty(world.Subscribers.Open);
    }

    [Fact]
    public async Task Delta_WildcardFrontend_HoldsOnlyVisibleNamespaces()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        world.Publish(v => v.WithFrontend("cart", "shop").WithFrontend("reviews", "default").WithFrontend("vault", "bank"));
        using DeltaClient stream = world.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");

        await stream.SubscribeAsync("Frontend", "*");

        DeltaResponse answer = await stream.NextAsync();
        Assert.Equal(["cart.shop", "reviews.default"], answer.Resources.Select(r => r.Name).Order());
        Assert.Equal("weft.mesh.v1.Frontend", answer.Resources[0].Value.TypeUrl.Split('/')[1]);
        Assert.Equal("cart", answer.Resources.Single(r => r.Name == "cart.shop").Value.Unpack<Frontend>().Hostnames.Single());
    }

    [Fact]
    public async Task Delta_NameThatDoesNotExist_IsAnsweredMissingAndPushedWhenItAppears()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        using DeltaClient stream = world.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");
        await stream.SubscribeAsync("Cluster", "reviews:9080");
        Assert.Equal(["reviews:9080"], (await stream.NextAsync()).Missing);

        world.Publish(v => v.With("Cluster", "reviews:9080", new Cluster { Name = "reviews:9080" }));

        DeltaResponse pushed = await stream.NextAsync();
        Assert.Equal(["reviews:9080"], pushed.Resources.Select(r => r.Name));
        Assert.Empty(pushed.Missing);

        world.Publish(v => v.Without("Cluster", "reviews:9080"));

        Assert.Equal(["reviews:9080"], (await stream.NextAsync()).Removed);
    }

    [Fact]
    public async Task Delta_ChangeOfOneResource_SendsOnlyThatOne()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        world.Publish(v => v.WithFrontend("a", "shop").WithFrontend("b", "shop"));
        using DeltaClient stream = world.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");
        await stream.SubscribeAsync("Frontend", "*");
        Assert.Equal(2, (await stream.NextAsync()).Resources.Count);

        world.Publish(v => v.With("Frontend", "b.shop", new Frontend { Name = "b.shop", Namespace = "shop", OutsideMesh = true }));

        Assert.Equal(["b.shop"], (await stream.NextAsync()).Resources.Select(r => r.Name));
    }

    [Fact]
    public async Task Delta_ReconnectWithKnownVersions_SendsOnlyWhatDiffers()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        world.Publish(v => v.WithFrontend("a", "shop").WithFrontend("b", "shop").WithFrontend("c", "shop"));
        using DeltaClient before = world.Delta(certificate);
        await before.HelloAsync("shop/cart-1");
        await before.SubscribeAsync("Frontend", "*");
        Dictionary<string, string> known = (await before.NextAsync()).Resources.ToDictionary(r => r.Name, r => r.Version);
        before.Dispose();
        world.Publish(v => v.Without("Frontend", "a.shop").With("Frontend", "b.shop", new Frontend { Name = "b.shop", Namespace = "shop", OutsideMesh = true }));

        using DeltaClient after = world.Delta(certificate);
        await after.HelloAsync("shop/cart-1");
        await after.SendAsync(new DeltaRequest { Type = "Frontend", Subscribe = { "*" }, KnownVersions = { known } });

        DeltaResponse answer = await after.NextAsync();
        Assert.Equal(["b.shop"], answer.Resources.Select(r => r.Name));
        Assert.Equal(["a.shop"], answer.Removed);
    }

    [Fact]
    public async Task Delta_BeforeTheStoreIsLoaded_AnswersNothing()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        await using DiscoveryWorld restarted = await DiscoveryWorld.RestartAsync(world);
        using DeltaClient stream = restarted.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");
        await stream.SubscribeAsync("Cluster", "reviews:9080");
        Task<DeltaResponse> answer = stream.NextAsync();
        Assert.Empty(restarted.Subscribers.Open);

        restarted.Publish(v => v.WithPod("shop", "cart-1", "cart").With("Cluster", "reviews:9080", new Cluster { Name = "reviews:9080" }));

        Assert.Equal(["reviews:9080"], (await answer).Resources.Select(r => r.Name));
    }

    [Fact]
    public async Task Delta_RefusedResource_StaysRefusedThroughGoodResponsesUntilTheProxyNoLongerNamesIt()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        using DeltaClient stream = world.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");
        await stream.SubscribeAsync("Cluster", "x");
        await stream.AcknowledgeAsync(await stream.NextAsync(), "x: bad regex", new Refusal { Name = "x", Error = "bad regex" });
        await stream.SubscribeAsync("Cluster", "y");
        await stream.AcknowledgeAsync(await stream.NextAsync(), "", new Refusal { Name = "x", Error = "bad regex" });
        await stream.SubscribeAsync("Workload", "z");
        await stream.NextAsync(); // requests are taken in order, so the acknowledgement has been read

        TypeProgress progress = world.Subscribers.Open.Single().Types["Cluster"];
        Assert.Equal([("x", "bad regex", false)], progress.Nacks.Select(n => (n.Name, n.Error, n.Partly)));
        Assert.False(progress.InSync);

        await stream.SubscribeAsync("Cluster", "w");
        await stream.AcknowledgeAsync(await stream.NextAsync(), "");
        await stream.SubscribeAsync("Workload", "v");
        await stream.NextAsync();
        Assert.True(world.Subscribers.Open.Single().Types["Cluster"].InSync);
    }

    [Fact]
    public async Task Delta_RefusedResponseWithoutNames_IsRecordedUntilAcknowledged()
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        using DeltaClient stream = world.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");
        await stream.SubscribeAsync("Cluster", "x");
        await stream.AcknowledgeUnnamedAsync(await stream.NextAsync(), "bad regex");
        await stream.SubscribeAsync("Workload", "y");
        await stream.NextAsync(); // requests are taken in order, so the refusal has been read

        TypeProgress progress = world.Subscribers.Open.Single().Types["Cluster"];

        Assert.Equal("bad regex", Assert.Single(progress.Nacks).Error);
        Assert.False(progress.InSync);
    }

    [Theory]
    [InlineData("Cluster", "*")]
    [InlineData("Listener", "x")]
    public async Task Delta_TypeOrWildcardThatDoesNotExist_IsInvalid(string type, string name)
    {
        await using DiscoveryWorld world = await DiscoveryWorld.StartAsync();
        using X509Certificate2 certificate = await world.JoinAsync("shop", "cart-1", "cart");
        using DeltaClient stream = world.Delta(certificate);
        await stream.HelloAsync("shop/cart-1");

        await stream.SubscribeAsync(type, name);

        Assert.Equal(StatusCode.InvalidArgument, (await stream.EndAsync()).StatusCode);
    }
}

internal static class FrontendViews
{
    public static StaticView WithFrontend(this StaticView view, string name, string ns) =>
        view.With("Frontend", $"{name}.{ns}", new Frontend { Name = $"{name}.{ns}", Namespace = ns, Hostnames = { name } });
}
