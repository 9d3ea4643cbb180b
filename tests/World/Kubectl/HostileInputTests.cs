using System.Text.Json.Nodes;
using Weft.Node.Control;

namespace Weft.World.Kubectl;

/// <summary>What somebody may send to make the control plane slow or large.</summary>
public sealed class HostileInputTests(ControlPlaneWorld world) : IClassFixture<ControlPlaneWorld>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Create_TenMegabytes_IsRefusedWithTheLimit()
    {
        using var client = new ControlPlaneClient(ControlPlaneAddress.Local(world.Home));
        var large = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "large" },
            ["data"] = new JsonObject { ["a"] = new string('x', 10 << 20) },
        };
        ControlPlaneRefusedException refused = await Assert.ThrowsAsync<ControlPlaneRefusedException>(() => client.PostAsync(ConfigMaps, large, TestContext.Current.CancellationToken));
        Assert.Equal(413, refused.Status);
        Assert.Contains("is larger than", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Store.Snapshot().All, r => r.Name == "large");
    }
}
