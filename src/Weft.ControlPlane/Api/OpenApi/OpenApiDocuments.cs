using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Api.OpenApi;

/// <summary>
/// /openapi/v2 and /openapi/v3. Clients read from them which fields exist, how lists merge, and that the server checks
/// fields itself. Built when first asked for, and again when the catalogue changed. Any thread.
/// </summary>
internal sealed class OpenApiDocuments(CatalogView catalog, Discovery discovery)
{
    private volatile Built? _built;

    /// <summary>The OpenAPI v3 index.</summary>
    public JsonObject Index()
    {
        Built built = Current();
        return new JsonObject
        {
            ["paths"] = new JsonObject(built.Groups.Select(g => KeyValuePair.Create<string, JsonNode?>(
                g.Key, new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{g.Key}?hash={g.Value.Hash}" }))),
        };
    }

    /// <summary>One group's OpenAPI v3 document; <paramref name="path"/> is api/v1 or apis/GROUP/VERSION.</summary>
    public byte[]? Group(string path) => Current().Groups.TryGetValue(path, out Document? found) ? found.Bytes : null;

    public byte[] V2Json() => Current().V2.Value.Json;

    public byte[] V2Protobuf() => Current().V2.Value.Protobuf;

    private Built Current()
    {
        ResourceCatalog now = catalog.Current;
        Built? built = _built;
        if (built is null || !ReferenceEquals(built.Catalog, now))
        {
            Dictionary<string, Document> groups = new(StringComparer.Ordinal);
            foreach ((string group, string[] versions) in discovery.Groups())
            {
                foreach (string version in versions)
                {
                    groups[group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}"] = new Document(V3(now, group, version));
                }
            }

            _built = built = new Built(now, groups, new Lazy<(byte[], byte[])>(() => V2(now)));
        }

        return built;
    }

    private static byte[] V3(ResourceCatalog catalog, string group, string version)
    {
        SchemaDocument schemas = new("#/components/schemas/");
        JsonObject paths = [];
        foreach (ResourceType type in catalog.Types.Where(t => t.Group == group && t.Versions.Contains(version)))
        {
            schemas.Add(type, version, catalog.Schema(type));
            ApiOperations.Add(paths, type, version, v3: true);
        }

        return Encode(new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Weft", ["version"] = "v1" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(schemas.Definitions.Select(d => KeyValuePair.Create<string, JsonNode?>(d.Key, d.Value))) },
        });
    }

    private static (byte[] Json, byte[] Protobuf) V2(ResourceCatalog catalog)
    {
        SchemaDocument schemas = new("#/definitions/");
        JsonObject paths = [];
        foreach (ResourceType type in catalog.Types)
        {
            foreach (string version in type.Versions)
            {
                schemas.Add(type, version, catalog.Schema(type));
                ApiOperations.Add(paths, type, version, v3: false);
            }
        }

        JsonObject document = new()
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Weft", ["version"] = "v1" },
            ["paths"] = paths,
            ["definitions"] = new JsonObject(schemas.Definitions.Select(d => KeyValuePair.Create<string, JsonNode?>(d.Key, d.Value))),
        };
        return (Encode(document), GnosticWriter.Write(document));
    }

    private static byte[] Encode(JsonNode node) => Http.Answer.Encode(writer => node.WriteTo(writer));

    private sealed class Document(byte[] bytes)
    {
        public byte[] Bytes => bytes;

        public string Hash { get; } = Convert.ToHexString(SHA256.HashData(bytes))[..32];
    }

    private sealed record Built(ResourceCatalog Catalog, Dictionary<string, Document> Groups, Lazy<(byte[] Json, byte[] Protobuf)> V2);
}
