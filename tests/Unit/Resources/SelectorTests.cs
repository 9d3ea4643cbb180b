using System.Text.Json.Nodes;
using Weft.Resources;
using Weft.Resources.Selectors;

namespace Weft.Unit.Resources;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "reviews", ["version"] = "v2", ["build"] = "7" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=reviews", true)]
    [InlineData("app==reviews,version=v2", true)]
    [InlineData("app=reviews,version=v1", false)]
    [InlineData("app!=ratings", true)]
    [InlineData("tier!=x", true)]
    [InlineData("version in (v1, v2)", true)]
    [InlineData("version notin (v1,v2)", false)]
    [InlineData("tier notin (a)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!tier", true)]
    [InlineData("build>6", true)]
    [InlineData("build<6", false)]
    [InlineData("app,version in (v3),build", false)]
    public void LabelSelector_Text_MatchesAsKubernetesDoes(string text, bool expected)
    {
        Assert.True(LabelSelector.TryParse(text, out LabelSelector? selector, out _));
        Assert.Equal(expected, selector.Matches(Labels));
    }

    [Theory]
    [InlineData("app in v1")]
    [InlineData("=x")]
    [InlineData("a b")]
    public void LabelSelector_Malformed_IsRefusedWithTheForms(string text)
    {
        Assert.False(LabelSelector.TryParse(text, out _, out string problem));
        Assert.Contains("key=value", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"matchLabels":{"app":"reviews"}}""", true)]
    [InlineData("""{"matchLabels":{"app":"reviews"},"matchExpressions":[{"key":"version","operator":"NotIn","values":["v2"]}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"tier","operator":"DoesNotExist"},{"key":"app","operator":"Exists"}]}""", true)]
    public void LabelSelector_Object_MatchesAsKubernetesDoes(string json, bool expected) =>
        Assert.Equal(expected, LabelSelector.OfObject((JsonObject)JsonNode.Parse(json)!).Matches(Labels));

    [Theory]
    [InlineData("metadata.name=a", true)]
    [InlineData("metadata.name!=a", false)]
    [InlineData("status.phase==Running,spec.nodeName=", true)]
    [InlineData("status.phase=Pending", false)]
    public void FieldSelector_Text_ReadsFields(string text, bool expected)
    {
        Resource pod = new((JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"status":{"phase":"Running"}}""")!);
        Assert.True(FieldSelector.TryParse(text, out FieldSelector? selector, out _));
        Assert.Equal(expected, selector.Matches(pod));
    }
}
