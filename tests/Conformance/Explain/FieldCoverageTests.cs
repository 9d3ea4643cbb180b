using System.Text.Json.Nodes;
using Weft.Compile.Analyze;
using Weft.Dialects.Reading;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.Conformance.Explain;

/// <summary>
/// Every field of Istio's networking kinds has a row that says what it does to a request, or stands in the table of fields
/// that are not acted on. New fields of a newer Istio fail here until somebody decides about them.
/// </summary>
public sealed class FieldCoverageTests
{
    private const string Networking = "networking.istio.io";
    private const int DepthMax = 12;

    private static readonly string[] Kinds = ["VirtualService", "DestinationRule", "ServiceEntry", "Gateway", "Sidecar", "WorkloadEntry"];

    [Fact]
    public void Fields_OfNetworkingKinds_HaveARowOrAreDocumentedAsUnsupported()
    {
        HashSet<string> rows = [.. ExplainTable.Documents().SelectMany(Used)];
        string[] missing = [.. Kinds.SelectMany(k => Declared(k)).Where(p => !rows.Contains(p) && !Documented(p)).Order(StringComparer.Ordinal)];
        Assert.True(missing.Length == 0, $"{missing.Length} fields have neither a row nor an entry:\n{string.Join('\n', missing)}");
    }

    /// <summary>An entry for a field that Istio does not have, or that a row shows at work, is out of date.</summary>
    [Fact]
    public void Unsupported_Entries_NameFieldsThatExist()
    {
        HashSet<string> declared = [.. Kinds.SelectMany(k => Declared(k))];
        string[] unknown = [.. UnsupportedFields.All.Where(f => Kinds.Contains(f.Kind)).Select(f => $"{f.Kind}.{f.Path}").Where(p => !declared.Contains(p) && !declared.Any(d => d.StartsWith(p + ".", StringComparison.Ordinal)))];
        Assert.Empty(unknown);
    }

    private static bool Documented(string path) =>
        UnsupportedFields.All.Any(f => path == $"{f.Kind}.{f.Path}" || path.StartsWith($"{f.Kind}.{f.Path}.", StringComparison.Ordinal));

    private static IEnumerable<string> Declared(string kind)
    {
        ResourceType type = ResourceCatalog.BuiltIn.Find(Networking, kind)!;
        return Leaves(ResourceCatalog.BuiltIn.Schema(type).Child("spec")!, kind, 0).Select(Collapse).Distinct();
    }

    private static IEnumerable<string> Leaves(SchemaNode node, string path, int depth) => depth > DepthMax ? [] : node.Type switch
    {
        SchemaType.Object when node.Fields.Count > 0 => node.Fields.SelectMany(f => Leaves(f.Node, $"{path}.{f.Name}", depth + 1)),
        SchemaType.Array when node.Element is { } element => Leaves(element, path, depth),
        SchemaType.Map when node.Element is { Type: SchemaType.Object } element => Leaves(element, path, depth),
        _ => [path],
    };

    private static IEnumerable<string> Used(Resource resource)
    {
        if (resource.Group != Networking || !Kinds.Contains(resource.Kind))
        {
            return [];
        }
        SchemaNode schema = ResourceCatalog.BuiltIn.Schema(ResourceCatalog.BuiltIn.Find(Networking, resource.Kind)!).Child("spec")!;
        return Written(resource.Spec, schema, resource.Kind).Select(Collapse);
    }

    private static IEnumerable<string> Written(JsonNode? value, SchemaNode? schema, string path) => (value, schema?.Type) switch
    {
        (JsonObject map, SchemaType.Map) => map.SelectMany(e => Written(e.Value, schema!.Element, path)).Append(path),
        (JsonObject map, _) => map.SelectMany(e => Written(e.Value, schema?.Child(e.Key), $"{path}.{e.Key}")).Append(path),
        (JsonArray list, _) => list.SelectMany(e => Written(e, schema?.Element, path)).Append(path),
        _ => [path],
    };

    /// <summary>Levels that repeat the same blocks; that each level is looked at has rows of its own.</summary>
    private static string Collapse(string path) => path
        .Replace("subsets.trafficPolicy.", "trafficPolicy.", StringComparison.Ordinal)
        .Replace("trafficPolicy.portLevelSettings.loadBalancer", "trafficPolicy.loadBalancer", StringComparison.Ordinal)
        .Replace("trafficPolicy.portLevelSettings.connectionPool", "trafficPolicy.connectionPool", StringComparison.Ordinal)
        .Replace("trafficPolicy.portLevelSettings.outlierDetection", "trafficPolicy.outlierDetection", StringComparison.Ordinal)
        .Replace("trafficPolicy.portLevelSettings.tls", "trafficPolicy.tls", StringComparison.Ordinal)
        .Replace("Sidecar.ingress.tls.", "Gateway.servers.tls.", StringComparison.Ordinal);
}
