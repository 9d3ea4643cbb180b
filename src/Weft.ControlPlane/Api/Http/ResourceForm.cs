using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Weft.ControlPlane.Api.Tables;
using Weft.Resources;

namespace Weft.ControlPlane.Api.Http;

/// <summary>The form a client wants resources in: themselves, rows of a table, or only their metadata (content negotiation of the Accept header).</summary>
internal sealed class ResourceForm
{
    private readonly string _as;
    private readonly string _include;
    private readonly TimeProvider _time;
    private bool _columnsSent;

    private ResourceForm(string form, string include, TimeProvider time) => (_as, _include, _time) = (form, include, time);

    public bool IsTable => _as == "Table";

    private bool IsMetadata => _as.StartsWith("PartialObjectMetadata", StringComparison.Ordinal);

    public static ResourceForm Of(HttpContext context, TimeProvider time)
    {
        string include = context.Request.Query["includeObject"].ToString();
        foreach (string accepted in context.Request.Headers.Accept.ToString().Split(','))
        {
            string[] parts = accepted.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
            {
                continue; // protobuf and others: the client lists JSON too, or is told 406 by nobody and gets JSON
            }

            string form = parts.FirstOrDefault(p => p.StartsWith("as=", StringComparison.Ordinal))?[3..] ?? "";
            if (form is "" or "Table" or "PartialObjectMetadata" or "PartialObjectMetadataList")
            {
                return new ResourceForm(form, include, time);
            }
        }

        return new ResourceForm("", include, time);
    }

    public byte[] One(Resource resource, ResourceType type, string version, ResourceSnapshot snapshot) =>
        Answer.Encode(writer => WriteOne(writer, resource, type, version, snapshot));

    public void WriteOne(Utf8JsonWriter writer, Resource resource, ResourceType type, string version, ResourceSnapshot snapshot)
    {
        if (IsTable)
        {
            // Of a watch only the first table carries the columns.
            TableWriter.Write(writer, type, version, [resource], new TableContext(snapshot, _time.GetUtcNow(), _include, !_columnsSent), null);
            _columnsSent = true;
        }
        else if (IsMetadata)
        {
            TableWriter.WriteMetadata(writer, resource);
        }
        else
        {
            ServedJson.Write(writer, resource, type.ApiVersionOf(version));
        }
    }

    public byte[] List(ListQuery query, ResourceSnapshot snapshot)
    {
        (List<Resource> items, string next, int remaining) = query.Page(snapshot);
        return Answer.Encode(writer =>
        {
            ListMetadata metadata = new(snapshot.Revision, next, remaining);
            if (IsTable)
            {
                TableWriter.Write(writer, query.Type, query.Version, items, new TableContext(snapshot, _time.GetUtcNow(), _include, true), metadata);
                return;
            }

            writer.WriteStartObject();
            writer.WriteString("kind", IsMetadata ? "PartialObjectMetadataList" : query.Type.Kind + "List");
            writer.WriteString("apiVersion", IsMetadata ? "meta.k8s.io/v1" : query.Type.ApiVersionOf(query.Version));
            metadata.Write(writer);
            writer.WriteStartArray("items");
            foreach (Resource item in items)
            {
                WriteOne(writer, item, query.Type, query.Version, snapshot);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}

/// <summary>The metadata of a list.</summary>
internal sealed record ListMetadata(long Revision, string Continue, int Remaining)
{
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("metadata");
        writer.WriteString("resourceVersion", Revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (Continue.Length > 0)
        {
            writer.WriteString("continue", Continue);
            writer.WriteNumber("remainingItemCount", Remaining);
        }

        writer.WriteEndObject();
    }
}
