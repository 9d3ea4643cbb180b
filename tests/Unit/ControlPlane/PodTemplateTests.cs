using System.Text.Json.Nodes;
using Weft.ControlPlane.Workloads;
using Weft.Resources;

namespace Weft.Unit.ControlPlane;

public sealed class PodTemplateTests
{
    [Fact]
    public void Hash_SameTemplateInAnotherOrder_IsTheSame()
    {
        Resource one = Deployment("""{"metadata":{"labels":{"app":"a","version":"v1"}},"spec":{"containers":[]}}""");
        Resource two = Deployment("""{"spec":{"containers":[]},"metadata":{"labels":{"version":"v1","app":"a"}}}""");
        Resource other = Deployment("""{"spec":{"containers":[]},"metadata":{"labels":{"version":"v2","app":"a"}}}""");

        Assert.Equal(PodTemplate.HashOf(one), PodTemplate.HashOf(two));
        Assert.NotEqual(PodTemplate.HashOf(one), PodTemplate.HashOf(other));
    }

    [Fact]
    public void Name_OfAReplica_IsStableAndADnsLabel()
    {
        Resource deployment = Deployment("""{"spec":{}}""");
        string[] names = [.. Enumerable.Range(0, 100).Select(i => PodTemplate.NameOf(deployment, "hash", i))];

        Assert.Equal(names, Enumerable.Range(0, 100).Select(i => PodTemplate.NameOf(deployment, "hash", i)));
        Assert.Equal(100, names.Distinct().Count());
        Assert.All(names, n => Assert.Matches("^reviews-v1-[b-df-hj-np-tv-z2-9]{5}$", n));
    }

    [Fact]
    public void Pod_OfATemplate_CarriesLabelsAccountAndOwner()
    {
        Resource pod = PodTemplate.Make(
            Deployment("""{"metadata":{"labels":{"app":"reviews"},"annotations":{"a":"b"}},"spec":{"serviceAccountName":"sa"}}"""), "reviews-v1-x", "hash");

        Assert.Equal(("default", "reviews-v1-x", "uid-1"), (pod.Namespace, pod.Name, PodTemplate.OwnerOf(pod)));
        Assert.Equal("reviews", pod.Labels["app"]);
        Assert.Equal("hash", pod.Labels[PodTemplate.HashLabel]);
        Assert.Equal("b", pod.Annotations["a"]);
        Assert.Equal("sa", (string)pod.Spec!["serviceAccountName"]!);
    }

    private static Resource Deployment(string template) => new(new JsonObject
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "Deployment",
        ["metadata"] = new JsonObject { ["name"] = "reviews-v1", ["namespace"] = "default", ["uid"] = "uid-1" },
        ["spec"] = new JsonObject { ["template"] = JsonNode.Parse(template) },
    });
}
