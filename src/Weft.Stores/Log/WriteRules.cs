using System.Globalization;
using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Stores.Log;

/// <summary>What a write does to a snapshot, decided without any I/O. The same for every backend.</summary>
internal static class WriteRules
{
    /// <summary>Fields that a store sets; a writer's own values for them are ignored.</summary>
    private static readonly string[] Bookkeeping = ["resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

    public static (WriteStatus Status, ResourceEvent? Event, Resource? Current) Put(
        ResourceSnapshot snapshot, Resource resource, long? expected, DateTimeOffset now)
    {
        Resource? current = snapshot.Find(resource.Key);
        WriteStatus allowed = (current, expected) switch
        {
            (not null, 0) => WriteStatus.AlreadyExists,
            (null, > 0) => WriteStatus.NotFound,
            (not null, > 0) when current.Revision != expected => WriteStatus.Conflict,
            _ => WriteStatus.Written,
        };
        if (allowed != WriteStatus.Written)
        {
            return (allowed, null, current);
        }

        if (current is not null && SameContent(current.Json, resource.Json))
        {
            return (WriteStatus.Unchanged, null, current);
        }

        long revision = snapshot.Revision + 1;
        Resource written = Stamp(resource, current, revision, now);
        ResourceEventKind kind = current is null ? ResourceEventKind.Added : ResourceEventKind.Modified;
        return (WriteStatus.Written, new ResourceEvent(kind, revision, written, current), written);
    }

    public static (WriteStatus Status, ResourceEvent? Event, Resource? Current) Delete(ResourceSnapshot snapshot, ResourceKey key, long? expected)
    {
        Resource? current = snapshot.Find(key);
        if (current is null)
        {
            return (WriteStatus.NotFound, null, null);
        }

        if (expected is not null && expected != current.Revision)
        {
            return (WriteStatus.Conflict, null, current);
        }

        long revision = snapshot.Revision + 1;
        JsonObject last = (JsonObject)current.Json.DeepClone();
        last["metadata"]!["resourceVersion"] = Text(revision);
        Resource gone = new(last);
        return (WriteStatus.Written, new ResourceEvent(ResourceEventKind.Deleted, revision, gone, current), gone);
    }

    private static Resource Stamp(Resource resource, Resource? current, long revision, DateTimeOffset now)
    {
        JsonObject json = (JsonObject)resource.Json.DeepClone();
        if (json["metadata"] is not JsonObject metadata)
        {
            json["metadata"] = metadata = [];
        }

        metadata.Remove("selfLink");
        metadata["resourceVersion"] = Text(revision);
        metadata["uid"] = current?.Uid ?? (resource.Uid.Length > 0 ? resource.Uid : Guid.NewGuid().ToString());
        metadata["creationTimestamp"] = current?.Metadata?["creationTimestamp"]?.DeepClone() ?? now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        metadata["generation"] = current is null ? 1 : current.Generation + (SameIntent(current.Json, json) ? 0 : 1);
        return new Resource(json);
    }

    /// <summary>Whether everything but status and metadata is the same: what a generation counts.</summary>
    private static bool SameIntent(JsonObject a, JsonObject b)
    {
        static IEnumerable<string> Names(JsonObject json) => json.Select(p => p.Key).Where(k => k is not ("metadata" or "status" or "apiVersion"));
        return Names(a).Union(Names(b)).All(name => JsonNode.DeepEquals(a[name], b[name]));
    }

    private static bool SameContent(JsonObject a, JsonObject b)
    {
        if (!SameIntent(a, b) || !JsonNode.DeepEquals(a["status"], b["status"]) || !JsonNode.DeepEquals(a["apiVersion"], b["apiVersion"]))
        {
            return false;
        }

        JsonObject left = a["metadata"] as JsonObject ?? [];
        JsonObject right = b["metadata"] as JsonObject ?? [];
        return left.Select(p => p.Key).Union(right.Select(p => p.Key)).Except(Bookkeeping)
            .All(name => JsonNode.DeepEquals(left[name], right[name]));
    }

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
