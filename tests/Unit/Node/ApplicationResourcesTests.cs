using Weft.Node.Applications;
using Weft.Resources;

namespace Weft.Unit.Node;

public sealed class ApplicationResourcesTests
{
    private const string File = "name: shop\nservices:\n  web:\n    ports: ['http:8080', 'http:8081']\n    command: [/bin/sh]\n    versions: { v1: {}, v2: {} }\n";

    private static readonly ApplicationFile Shop = ApplicationReader.Parse("weft.yaml", "/", File);

    [Fact]
    public void Resources_OneServiceTwoVersions_AreAccountServiceAndTwoDeployments()
    {
        IReadOnlyList<Resource> all = ApplicationResources.Resources(Shop, []);
        Assert.Equal(
            ["ServiceAccount default/web", "Service default/web", "Deployment default/web-v1", "Deployment default/web-v2"],
            all.Select(r => r.Key.ToString()));
        Assert.All(all, r => Assert.Equal("shop", r.Labels[ApplicationResources.Label]));
    }

    [Fact]
    public void Resources_TwoPortsOfOneProtocol_HaveDifferentNames()
    {
        Resource service = ApplicationResources.Resources(Shop, []).Single(r => r.Kind == "Service");
        Assert.Equal(["http", "http-8081"], service.Spec!["ports"]!.AsArray().Select(p => (string?)p!["name"]));
    }

    [Fact]
    public void Resources_Deployments_NameImagesAndNeverCommands()
    {
        Resource deployment = ApplicationResources.Resources(Shop, []).First(r => r.Kind == "Deployment");
        Assert.DoesNotContain("/bin/sh", deployment.Json.ToJsonString());
        string image = (string?)deployment.Spec!["template"]!["spec"]!["containers"]![0]!["image"] ?? "";
        Assert.Equal(["/bin/sh"], ApplicationResources.Images(Shop).Find(image)!.Command);
    }

    [Fact]
    public void Resources_PublishedPort_IsAGatewayPortThatLeadsToTheService()
    {
        IReadOnlyList<Resource> all = ApplicationResources.Resources(Shop, [new PublishedPort(5000, "web", 8080)]);
        Resource gateway = all.Single(r => r.Kind == "Gateway");
        Assert.Equal(5000, (int?)gateway.Spec!["servers"]![0]!["port"]!["number"]);
        Resource route = all.Single(r => r.Kind == "VirtualService");
        Assert.Equal("web", (string?)route.Spec!["http"]![0]!["route"]![0]!["destination"]!["host"]);
    }
}
