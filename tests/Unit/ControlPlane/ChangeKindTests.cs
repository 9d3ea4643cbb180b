using System.Text.Json.Nodes;
using Weft.ControlPlane.Distribute;
using Weft.Resources;

namespace Weft.Unit.ControlPlane;

public sealed class ChangeKindTests
{
    private const string Pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"app":"a"}},"spec":{"x":1},"status":{"podIP":"10.0.0.1"}}""";

    [Theory]
    [InlineData("\"status\":{\"podIP\":\"10.0.0.1\"}", "\"status\":{\"podIP\":\"10.0.0.1\",\"phase\":\"Running\"}", true)]
    [InlineData("\"labels\"", "\"annotations\":{\"weft.dev/inbound-address\":\"127.0.0.1:1\"},\"labels\"", true)]
    [InlineData("\"app\":\"a\"", "\"app\":\"b\"", false)]
    [InlineData("\"x\":1", "\"x\":2", false)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    public void Pod_Modified_TouchesEndpointsOnlyWithoutNewLabelsSpecOrAddress(string from, string to, bool expected)
    {
        Resource before = Parse(Pod), after = Parse(Pod.Replace(from, to, StringComparison.Ordinal));

        Assert.Equal(expected, ChangeKind.TouchesEndpointsOnly(new ResourceEvent(ResourceEventKind.Modified, 2, after, before)));
    }

    [Theory]
    [InlineData(ResourceEventKind.Added)]
    [InlineData(ResourceEventKind.Deleted)]
    public void Pod_AddedOrDeleted_TouchesMore(ResourceEventKind kind)
    {
        Assert.False(ChangeKind.TouchesEndpointsOnly(new ResourceEvent(kind, 2, Parse(Pod), null)));
    }

    private static Resource Parse(string json) => new((JsonObject)JsonNode.Parse(json)!);
}
