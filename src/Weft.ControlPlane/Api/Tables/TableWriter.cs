using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.ControlPlane.Api.Http;
using Weft.Resources;

namespace Weft.ControlPlane.Api.Tables;

/// <param name="IncludeObject">What a row carries of its resource: None, Metadata (also when empty) or Object.</param>
internal sealed record TableContext(ResourceSnapshot Snapshot, DateTimeOffset Now, string IncludeObject, bool WithColumns);

/// <summary>The value of one cell.</summary>
internal delegate JsonNode? Cell(Resource resource, TableContext context);

internal sealed record TableColumn(string Name, string Type, Cell Cell, int Priority = 0, string Description = "");

/// <summary>Writes meta.k8s.io/v1 Tables, what `kubectl get` prints.</summary>
internal static class TableWriter
{
    public static void Write(Utf8JsonWriter writer, ResourceType type, string version, IReadOnlyList<Resource> rows, TableContext context, ListMetadata? list)
    {
        IReadOnlyList<TableColumn> columns = TableColumns.Of(type);
        writer.WriteStartObject();
        writer.WriteString("kind", "Table");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        if (list is not null)
        {
            list.Write(writer);
        }
        else
        {
            new ListMetadata(rows[0].Revision, "", 0).Write(writer);
        }

        writer.WriteStartArray("columnDefinitions");
        foreach (TableColumn column in context.WithColumns ? columns : [])
        {
            writer.WriteStartObject();
            writer.WriteString("name", column.Name);
            writer.WriteString("type", column.Type);
            writer.WriteString("format", column.Name == "Name" ? "name" : "");
            writer.WriteString("description", column.Description);
            writer.WriteNumber("priority", column.Priority);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        foreach (Resource row in rows)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("cells");
            foreach (TableColumn column in columns)
            {
                ServedJson.WriteNode(writer, column.Cell(row, context));
            }

            writer.WriteEndArray();
            if (context.IncludeObject != "None")
            {
                writer.WritePropertyName("object");
                if (context.IncludeObject == "Object")
                {
                    ServedJson.Write(writer, row, type.ApiVersionOf(version));
                }
                else
                {
                    WriteMetadata(writer, row);
                }
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteMetadata(Utf8JsonWriter writer, Resource resource)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "PartialObjectMetadata");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        writer.WritePropertyName("metadata");
        ServedJson.WriteNode(writer, resource.Metadata);
        writer.WriteEndObject();
    }
}
