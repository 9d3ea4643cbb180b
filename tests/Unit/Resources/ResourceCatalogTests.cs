using System.Text.Json.Nodes;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.Unit.Resources;

public sealed class ResourceCatalogTests
{
    private static readonly ResourceCatalog Catalog = ResourceCatalog.BuiltIn;

    [Theory]
    [InlineData("networking.istio.io/v1alpha3", "VirtualService", "virtualservices")]
    [InlineData("networking.istio.io/v1", "Gateway", "gateways")]
    [InlineData("gateway.networking.k8s.io/v1beta1", "Gateway", "gateways")]
    [InlineData("v1", "Endpoints", "endpoints")]
    [InlineData("apps/v1", "Deployment", "deployments")]
    [InlineData("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")]
    [InlineData("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions")]
    public void FindApiVersion_ServedVersion_IsFound(string apiVersion, string kind, string plural) =>
        Assert.Equal(plural, Catalog.FindApiVersion(apiVersion, kind)?.Plural);

    [Fact]
    public void FindApiVersion_VersionNeverServed_IsNull() => Assert.Null(Catalog.FindApiVersion("networking.istio.io/v7", "VirtualService"));

    [Theory]
    [InlineData("vs", "virtualservices.networking.istio.io")]
    [InlineData("svc", "services")]
    [InlineData("gateway", "gateways.gateway.networking.k8s.io")]
    [InlineData("gw", "gateways.networking.istio.io")]
    [InlineData("gateways.networking.istio.io", "gateways.networking.istio.io")]
    [InlineData("VirtualService", "virtualservices.networking.istio.io")]
    public void FindName_WhatPeopleType_IsFound(string typed, string expected) => Assert.Equal(expected, Catalog.FindName(typed)?.ToString());

    [Fact]
    public void Types_OfAllKinds_HaveDistinctPluralsAndMetadata()
    {
        Assert.Equal(Catalog.Types.Count, Catalog.Types.Select(t => t.ToString()).Distinct().Count());
        Assert.All(Catalog.Types, t => Assert.NotNull(Catalog.Schema(t).Child("metadata")?.Child("labels")));
    }

    [Theory]
    [InlineData("""{"spec":{"hosts":["a"],"http":[{"rout":[]}]}}""", "spec.http[0].rout", "did you mean \"route\"?")]
    [InlineData("""{"spec":{"hosts":"a"}}""", "spec.hosts", "put \"- \" before each item")]
    [InlineData("""{"spec":{"http":[{"route":[{"destination":{}}]}]}}""", "spec.http[0].route[0].destination.host", "add it")]
    [InlineData("""{"spec":{"http":[{"match":[{"uri":{"exact":"/","prefix":"/"}}]}]}}""", "spec.http[0].match[0].uri", "keep one of them")]
    [InlineData("""{"metadata":{"name":"a","lables":{}}}""", "metadata.lables", "did you mean \"labels\"?")]
    public void Check_BrokenVirtualService_NamesPathAndCure(string json, string path, string cure)
    {
        SchemaNode schema = Catalog.Schema(Catalog.Find("networking.istio.io", "VirtualService")!);
        SchemaProblem problem = Assert.Single(SchemaCheck.Run((JsonObject)JsonNode.Parse(json)!, schema));
        Assert.Equal((path, cure), (problem.Path, problem.Cure));
    }

    [Theory]
    [InlineData("""{"spec":{"ports":[{"port":70000}]}}""", "spec.ports[0].port")]
    [InlineData("""{"spec":{"ports":[{"port":"http"}]}}""", "spec.ports[0].port")]
    [InlineData("""{"spec":{"ports":[{"port":80},{"port":80}]}}""", "spec.ports[1]")]
    [InlineData("""{"spec":{"type":"clusterip"}}""", "spec.type")]
    public void Check_BrokenService_NamesPath(string json, string path)
    {
        SchemaNode schema = Catalog.Schema(Catalog.Find("", "Service")!);
        Assert.Equal(path, Assert.Single(SchemaCheck.Run((JsonObject)JsonNode.Parse(json)!, schema)).Path);
    }

    [Fact]
    public void Apply_HttpRouteWithoutMatch_GetsTheKindsDefaults()
    {
        JsonObject route = (JsonObject)JsonNode.Parse("""{"spec":{"parentRefs":[{"name":"g"}],"rules":[{"backendRefs":[{"name":"b","port":80}]}]}}""")!;
        SchemaDefaults.Apply(route, Catalog.Schema(Catalog.Find("gateway.networking.k8s.io", "HTTPRoute")!));
        Assert.Equal("Gateway", (string?)route["spec"]!["parentRefs"]![0]!["kind"]);
        Assert.Equal(1, (int)route["spec"]!["rules"]![0]!["backendRefs"]![0]!["weight"]!);
        Assert.Equal("/", (string?)route["spec"]!["rules"]![0]!["matches"]![0]!["path"]!["value"]);
    }
}
