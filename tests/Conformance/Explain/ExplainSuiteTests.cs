using System.Text.Json.Nodes;
using Weft.Cli.Explain;

namespace Weft.Conformance.Explain;

/// <summary>
/// What a piece of configuration means for a request. A file of Cases/ holds configuration and rows: a request and the part
/// of the answer that matters. Expected lists are compared whole, expected maps as a part, a null says that a field is left out.
/// </summary>
public sealed class ExplainSuiteTests
{
    public static TheoryData<string, string> Rows()
    {
        TheoryData<string, string> rows = [];
        foreach ((string file, string name) in ExplainTable.Rows)
        {
            rows.Add(file, name);
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Explain_Row_SaysWhatIsExpected(string file, string name)
    {
        ExplainCase row = ExplainTable.Load(file, name);
        JsonObject answer = new Explainer(row.Compile()).Explain(row.Request)?.ToJson() ?? throw new InvalidOperationException("no such gateway");
        string? difference = Difference(row.Expect, answer, "");
        Assert.True(difference is null, $"{difference}\n{answer}");
    }

    [Fact]
    public void Suite_Names_AreUnique() => Assert.Equal(ExplainTable.Rows.Count, ExplainTable.Rows.Distinct().Count());

    private static string? Difference(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case null:
                return actual is null ? null : $"{path} should be left out and is {actual.ToJsonString()}";
            case JsonObject map:
                return actual is not JsonObject own ? $"{path} should be there"
                    : map.Select(p => Difference(p.Value, own[p.Key], $"{path}.{p.Key}")).FirstOrDefault(d => d is not null);
            case JsonArray list:
                return actual is not JsonArray items || items.Count != list.Count ? $"{path} should be {list.ToJsonString()} and is {actual?.ToJsonString() ?? "left out"}"
                    : list.Select((e, i) => Difference(e, items[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
            default:
                return actual is JsonValue && Same(expected, actual) ? null : $"{path} should be {expected.ToJsonString()} and is {actual?.ToJsonString() ?? "left out"}";
        }
    }

    private static bool Same(JsonNode expected, JsonNode actual) => expected.ToJsonString() == actual.ToJsonString()
        || (double.TryParse(expected.ToJsonString(), out double a) && double.TryParse(actual.ToJsonString(), out double b) && a.Equals(b));
}
