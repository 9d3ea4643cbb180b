using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>Writes stored resources as a version of their kind: the fields are the same in all, only apiVersion differs.</summary>
internal static class ServedJson
{
    public static void Write(Utf8JsonWriter writer, Resource resource, string apiVersion)
    {
        writer.WriteStartObject();
        writer.WriteString("apiVersion", apiVersion);
        writer.WriteString("kind", resource.Kind);
        foreach ((string name, JsonNode? value) in resource.Json)
        {
            if (name is not ("apiVersion" or "kind"))
            {
                writer.WritePropertyName(name);
                WriteNode(writer, value);
            }
        }

        writer.WriteEndObject();
    }

    public static void WriteNode(Utf8JsonWriter writer, JsonNode? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            node.WriteTo(writer);
        }
    }
}
