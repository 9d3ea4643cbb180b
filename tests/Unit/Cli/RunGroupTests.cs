using System.Text.Json.Nodes;
using Weft.Cli.Up;
using Weft.Node.Pods;
using Weft.Resources;

namespace Weft.Unit.Cli;

/// <summary>What `weft run --workload-group` takes from the group, and what the command line keeps.</summary>
public sealed class RunGroupTests
{
    private static readonly Resource Group = new((JsonObject)JsonNode.Parse("""
        {
          "apiVersion": "networking.istio.io/v1", "kind": "WorkloadGroup", "metadata": {"name": "orders-vm", "namespace": "shop"},
          "spec": {
            "metadata": {"labels": {"app": "orders", "version": "v7"}, "annotations": {"team": "blue"}},
            "template": {"serviceAccount": "orders-sa", "labels": {"tier": "back"}, "ports": {"http": 8080}, "locality": "eu/a", "weight": 3}
          }
        }
        """)!);

    [Fact]
    public void Join_NothingOnTheCommandLine_TakesTheTemplate()
    {
        RunOptions joined = RunGroup.Join(new RunOptions("orders-vm", "shop", ["./orders"]) { NamesService = false, NamesVersion = false, ServiceAccount = "" }, Group);
        Assert.Equal("orders-sa", joined.ServiceAccount);
        Assert.Equal(("orders", "v7", "back"), (joined.Labels["app"], joined.Labels["version"], joined.Labels["tier"]));
        Assert.Equal([new PodPort(8080, "http")], joined.Ports);
        Assert.Equal(("blue", "eu/a", "3", "orders-vm"), (joined.Annotations["team"], joined.Annotations["weft.dev/locality"], joined.Annotations["weft.dev/weight"], joined.Annotations["istio.io/autoRegistrationGroup"]));
    }

    [Fact]
    public void Join_CommandLine_ComesBeforeTheTemplate()
    {
        var asked = new RunOptions("other", "shop", ["./orders"])
        {
            Version = "v8", ServiceAccount = "mine", Ports = [new PodPort(9090, "grpc")], Labels = new Dictionary<string, string> { ["tier"] = "front" },
        };
        RunOptions joined = RunGroup.Join(asked, Group);
        Assert.Equal(("mine", "v8"), (joined.ServiceAccount, joined.Version));
        Assert.Equal(("other", "v8", "front"), (joined.Labels["app"], joined.Labels["version"], joined.Labels["tier"]));
        Assert.Equal([new PodPort(9090, "grpc")], joined.Ports);
    }
}
