using Weft.Dialects.Problems;
using Weft.Dialects.Reading;

namespace Weft.Unit.Dialects;

/// <summary>Unusual forms of text that are good YAML or JSON, and where their fields are said to stand.</summary>
public sealed class ReaderFormsTests
{
    public static TheoryData<string, string[]> Forms => new()
    {
        { "{apiVersion: v1, kind: Service, metadata: {name: a}}", ["a"] },
        { "{apiVersion: v1, kind: Service, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: b}}\n", ["a", "b"] },
        { """{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}} {"apiVersion":"v1","kind":"Service","metadata":{"name":"b"}}""", ["a", "b"] },
        { "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"}}\n---\n{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"b\"}}", ["a", "b"] },
        { "\uFEFF---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n...\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n", ["a", "b"] },
        { "apiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  name: a\r\n---\r\n# nothing here\r\n---\r\napiVersion: v1\r\nkind: Service\r\nmetadata: {name: b}\r\n", ["a", "b"] },
        { "apiVersion: v1\nkind: List\nitems:\n- &one {apiVersion: v1, kind: Service, metadata: {name: a}}\n- <<: *one\n  metadata: {name: b}\n", ["a", "b"] },
        { "apiVersion: v1\nkind: ServiceList\nitems: [{apiVersion: v1, kind: Service, metadata: {name: a}}]\n", ["a"] },
        { "%YAML 1.1\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n", ["a"] },
        { "{\t\"apiVersion\":\t\"v1\",\r\n\t\"kind\": \"Service\",\r\n\t\"metadata\": {\"name\": \"a\"},}", ["a"] },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Text_OfAnUnusualForm_GivesItsResources(string text, string[] names)
    {
        ReadResult read = ResourceReader.ReadText(text, "x.yaml");
        Assert.Empty(read.Problems);
        Assert.Equal(names, read.Resources.Select(r => r.Name));
    }

    [Fact]
    public void Merge_OfAList_TakesTheFirstThatSaysSomething()
    {
        ReadResult read = ResourceReader.ReadText(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  x: &x {p: 1, q: 2}\n  y: &y {q: 3, r: 4}\n  z:\n    <<: [*x, *y]\n    p: 0\n");
        Assert.Equal("""{"p":0,"q":2,"r":4}""", read.Resources[0].Spec!["z"]!.ToJsonString());
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Problem_OfANestedField_NamesItsLineWhateverEndsLines(string end)
    {
        string text = string.Join(end, "---", "# a comment", "apiVersion: v1", "kind: List", "items:", "- apiVersion: v1", "  kind: Service", "  metadata:", "    name: a", "  spec:", "    ports:", "    - name: http", "      port: 80");
        ReadResult read = ResourceReader.ReadText(text, "x.yaml");
        Problem located = read.Sources.Locate(new Problem("IST0106", ProblemLevel.Error, read.Resources[0].Key, "spec.ports[0].port", "", "") { Source = read.Resources[0].Source });
        Assert.Equal(13, located.Line);
    }

    [Theory]
    [InlineData("{\"apiVersion\": \"\\ud800\"}", "half of a character")]
    [InlineData("{\"apiVersion\": \"v1\"", "")]
    public void Json_ThatIsBroken_IsAProblem(string text, string said)
    {
        ReadResult read = ResourceReader.ReadText(text, "x.json");
        Assert.Contains(said, Assert.Single(read.Problems).Message);
    }
}
