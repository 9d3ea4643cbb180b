using System.Text.Json.Nodes;
using Weft.Resources;
using Weft.Resources.Patch;
using Weft.Resources.Schemas;

namespace Weft.Unit.Resources;

public sealed class PatchTests
{
    private static readonly SchemaNode Pod = ResourceCatalog.BuiltIn.Schema(ResourceCatalog.BuiltIn.Find("", "Pod")!);
    private static readonly SchemaNode Service = ResourceCatalog.BuiltIn.Schema(ResourceCatalog.BuiltIn.Find("", "Service")!);

    /// <summary>The cases of RFC 7396, appendix A.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void MergePatch_Rfc7396Example_GivesItsResult(string target, string patch, string expected) =>
        AssertSame(expected, MergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch)));

    /// <summary>Cases of RFC 6902, appendix A.</summary>
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc"]}]""", """{"foo":["bar",["abc"]]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"baz":"qux"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo"}""")]
    [InlineData("""{"foo":{"bar":"baz","waldo":"fred"},"qux":{}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""", """{"foo":{"bar":"baz"},"qux":{"thud":"fred"}}""")]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10},{"op":"add","path":"/~1x","value":1}]""", """{"/":9,"~1":10,"/x":1}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"}]""", """{"a":{"b":1},"c":{"b":1}}""")]
    public void JsonPatch_Rfc6902Example_GivesItsResult(string target, string patch, string expected) =>
        AssertSame(expected, JsonPatch.Apply(JsonNode.Parse(target)!, JsonNode.Parse(patch)));

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""")]
    [InlineData("""[{"op":"remove","path":"/b"}]""")]
    [InlineData("""[{"op":"add","path":"/b/c","value":1}]""")]
    [InlineData("""[{"op":"replace","path":"/l/01","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/l/9","value":1}]""")]
    [InlineData("""[{"op":"move","from":"/l","path":"/l/0"}]""")]
    [InlineData("""[{"op":"fly","path":"/a"}]""")]
    [InlineData("""{"op":"add"}""")]
    public void JsonPatch_DoesNotFit_IsRefusedAndTargetUntouched(string patch)
    {
        JsonNode target = JsonNode.Parse("""{"a":1,"l":[1,2]}""")!;
        Assert.Throws<PatchRefusedException>(() => JsonPatch.Apply(target, JsonNode.Parse(patch)));
        AssertSame("""{"a":1,"l":[1,2]}""", target);
    }

    [Fact]
    public void StrategicMergePatch_KeyedList_MergesDeletesAddsAndOrders()
    {
        JsonObject pod = Parse("""{"spec":{"containers":[{"name":"a","image":"1","env":[{"name":"X","value":"x"}]},{"name":"b","image":"1"}]}}""");
        JsonObject patch = Parse("""
            {"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],
             "containers":[{"name":"a","image":"2","env":[{"name":"Y","value":"y"}]},{"name":"b","$patch":"delete"},{"name":"c","image":"3"}]}}
            """);
        AssertSame(
            """{"spec":{"containers":[{"name":"c","image":"3"},{"name":"a","image":"2","env":[{"name":"X","value":"x"},{"name":"Y","value":"y"}]}]}}""",
            StrategicMergePatch.Apply(pod, patch, Pod));
    }

    [Theory]
    [InlineData("""{"spec":{"ports":[{"port":80,"name":"web"}]}}""", """{"spec":{"ports":[{"port":80,"name":"web","targetPort":1},{"port":81}]}}""")]
    [InlineData("""{"spec":{"ports":[{"$patch":"replace"},{"port":9}]}}""", """{"spec":{"ports":[{"port":9}]}}""")]
    [InlineData("""{"spec":{"$patch":"replace","type":"X"}}""", """{"spec":{"type":"X"}}""")]
    [InlineData("""{"spec":{"$retainKeys":["type"],"type":"X"}}""", """{"spec":{"type":"X"}}""")]
    [InlineData("""{"spec":{"ports":null}}""", """{"spec":{}}""")]
    public void StrategicMergePatch_Directive_DoesWhatItSays(string patch, string expected) =>
        AssertSame(expected, StrategicMergePatch.Apply(Parse("""{"spec":{"ports":[{"port":80,"targetPort":1},{"port":81}]}}"""), Parse(patch), Service));

    [Fact]
    public void StrategicMergePatch_FinalizersGone_AreTakenOut() => AssertSame(
        """{"metadata":{"finalizers":["b"]}}""",
        StrategicMergePatch.Apply(Parse("""{"metadata":{"finalizers":["a","b"]}}"""), Parse("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}"""), Pod));

    [Fact]
    public void Apply_SecondManagerSameField_ConflictsUnlessForced()
    {
        JsonObject live = Applied(null, """{"spec":{"type":"ClusterIP","ports":[{"port":80}]}}""", "a");
        IReadOnlyList<ApplyConflict> conflicts = ManagedFields.Apply(live, Parse("""{"spec":{"type":"NodePort"}}"""), Service, (new FieldManager("b", "v1"), false, default), out JsonObject? none);
        Assert.Equal(new ApplyConflict("a", ".spec.type"), Assert.Single(conflicts));
        Assert.Null(none);
        JsonObject forced = Applied(live, """{"spec":{"type":"NodePort"}}""", "b", force: true);
        Assert.Equal("NodePort", (string?)forced["spec"]!["type"]);

        // The first one lost the field, so leaving it out no longer removes it.
        JsonObject after = Applied(forced, """{"spec":{"ports":[{"port":80}]}}""", "a");
        Assert.Equal("NodePort", (string?)after["spec"]!["type"]);
    }

    [Fact]
    public void Apply_FieldNoLongerApplied_IsRemovedUnlessOwnedByAnother()
    {
        JsonObject live = Applied(null, """{"metadata":{"labels":{"x":"1","y":"1"}},"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"}]}}""", "a");
        live = Applied(live, """{"metadata":{"labels":{"y":"1"}}}""", "b");
        live = Applied(live, """{"spec":{"ports":[{"port":81,"name":"b"}]}}""", "a");
        AssertSame("""{"y":"1"}""", live["metadata"]!["labels"]);
        AssertSame("""[{"port":81,"name":"b"}]""", live["spec"]!["ports"]);
    }

    [Fact]
    public void Apply_SameAgainLater_ChangesNothing()
    {
        JsonObject first = Applied(null, """{"spec":{"type":"ClusterIP"}}""", "a");
        AssertSame(first.ToJsonString(), Applied(first, """{"spec":{"type":"ClusterIP"}}""", "a", at: DateTimeOffset.UnixEpoch.AddDays(1)));
    }

    [Fact]
    public void NoteUpdate_ChangedField_MovesToItsWriter()
    {
        JsonObject live = Applied(null, """{"spec":{"type":"ClusterIP","clusterIP":"1.2.3.4"}}""", "a");
        JsonObject next = (JsonObject)live.DeepClone();
        next["spec"]!["type"] = "NodePort";
        ManagedFields.NoteUpdate(live, next, Service, new FieldManager("editor", "v1"), default);
        JsonArray managers = (JsonArray)next["metadata"]!["managedFields"]!;
        AssertSame("""{"f:spec":{"f:clusterIP":{}}}""", managers.Single(m => (string?)m!["manager"] == "a")!["fieldsV1"]);
        AssertSame("""{"f:spec":{"f:type":{}}}""", managers.Single(m => (string?)m!["manager"] == "editor")!["fieldsV1"]);
    }

    private static JsonObject Applied(JsonObject? live, string config, string manager, bool force = false, DateTimeOffset at = default)
    {
        Assert.Empty(ManagedFields.Apply(live, Parse(config), Service, (new FieldManager(manager, "v1"), force, at), out JsonObject? result));
        return result!;
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static void AssertSame(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}\nbut was  {actual?.ToJsonString()}");
}
