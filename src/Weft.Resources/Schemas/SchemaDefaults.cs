using System.Text.Json.Nodes;

namespace Weft.Resources.Schemas;

/// <summary>Fills in what a kind's shape says about fields left out. Writes into the tree it is given.</summary>
public static class SchemaDefaults
{
    public static void Apply(JsonNode? node, SchemaNode schema)
    {
        switch (node)
        {
            case JsonObject fields when schema.Type == SchemaType.Object:
                foreach (SchemaField field in schema.Fields)
                {
                    if (field.Node.Default is { } value && fields[field.Name] is null)
                    {
                        fields[field.Name] = value.DeepClone();
                    }

                    Apply(fields[field.Name], field.Node);
                }

                break;
            case JsonObject map when schema is { Type: SchemaType.Map, Element: { } element }:
                foreach ((_, JsonNode? value) in map)
                {
                    Apply(value, element);
                }

                break;
            case JsonArray items when schema is { Type: SchemaType.Array, Element: { } element }:
                foreach (JsonNode? item in items)
                {
                    Apply(item, element);
                }

                break;
        }
    }
}
