using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Resources.Schemas;

namespace Weft.Resources.Patch;

/// <summary>Who writes: a manager's name, and the subresource it writes through.</summary>
public sealed record FieldManager(string Name, string ApiVersion, string Subresource = "");

/// <summary>A field that another manager owns has another value there.</summary>
public sealed record ApplyConflict(string Manager, string Field);

/// <summary>Keeps metadata.managedFields, and server-side apply on top of it. Pure.</summary>
public static class ManagedFields
{
    private const string ByApply = "Apply";
    private const string ByUpdate = "Update";

    /// <summary>Notes what an ordinary write changed: its manager owns those fields, others lose them.</summary>
    public static void NoteUpdate(JsonObject? before, JsonObject after, SchemaNode schema, FieldManager manager, DateTimeOffset now)
    {
        FieldSet changed = before is null ? FieldSet.Of(after, schema) : FieldSet.Changed(before, after, schema);
        List<Entry> entries = [.. Read(before ?? after).Select(e => e with { Fields = e.Fields.WherePresent(after) })];
        if (!changed.IsEmpty)
        {
            FieldSet own = entries.FirstOrDefault(e => e.IsOf(manager, ByUpdate))?.Fields ?? FieldSet.Empty;
            entries = [.. entries.Where(e => !e.IsOf(manager, ByUpdate)).Select(e => e with { Fields = e.Fields.Except(changed) })];
            entries.Add(new Entry(manager, ByUpdate, own.Union(changed), Text(now)));
        }

        Write(after, entries);
    }

    /// <summary>
    /// Server-side apply: the applied fields are laid over the live resource; fields this manager applied before and no
    /// longer does are removed unless somebody else owns them too. Conflicts leave <paramref name="result"/> null.
    /// </summary>
    public static IReadOnlyList<ApplyConflict> Apply(
        JsonObject? live, JsonObject applied, SchemaNode schema, (FieldManager Manager, bool Force, DateTimeOffset Now) by, out JsonObject? result)
    {
        result = null;
        JsonObject current = live is null ? [] : (JsonObject)live.DeepClone();
        FieldSet wanted = FieldSet.Of(applied, schema);
        List<Entry> entries = [.. Read(current)];
        FieldSet differing = wanted.WherePresent(current).WhereDifferent(current, applied);
        FieldSet contested = by.Force ? FieldSet.Empty : differing.Except(LastApplied(current, by.Manager, schema));
        ApplyConflict[] conflicts =
        [
            .. entries.Where(e => !e.IsOf(by.Manager, ByApply))
                .SelectMany(e => e.Fields.Intersect(contested).Describe().Select(f => new ApplyConflict(e.Manager.Name, f))),
        ];
        if (conflicts.Length > 0)
        {
            return conflicts;
        }

        Entry? mine = entries.FirstOrDefault(e => e.IsOf(by.Manager, ByApply));
        FieldSet before = mine?.Fields ?? FieldSet.Empty;
        entries = [.. entries.Where(e => !e.IsOf(by.Manager, ByApply)).Select(e => e with { Fields = e.Fields.Except(differing) })];
        FieldSet dropped = entries.Aggregate(before.Except(wanted), (rest, e) => rest.Except(e.Fields));
        dropped.RemoveFrom(current);
        result = SchemaMerge.Apply(current, applied, schema);

        // The same configuration applied again is no write, so its time stays too.
        bool again = mine is not null && differing.IsEmpty && wanted.Except(before).IsEmpty && before.Except(wanted).IsEmpty;
        entries.Add(new Entry(by.Manager, ByApply, wanted, again ? mine!.Time : Text(by.Now)));
        Write(result, entries);
        return [];
    }

    /// <summary>
    /// What kubectl applied by itself before it began to apply on the server: fields that still have those values are not
    /// somebody else's, whoever is written down as their manager.
    /// </summary>
    private static FieldSet LastApplied(JsonObject current, FieldManager manager, SchemaNode schema)
    {
        string? text = manager.Name == "kubectl" ? (string?)current["metadata"]?["annotations"]?["kubectl.kubernetes.io/last-applied-configuration"] : null;
        try
        {
            return text is null || JsonNode.Parse(text) is not JsonObject last ? FieldSet.Empty
                : FieldSet.Of(last, schema).WhereSame(last, current);
        }
        catch (JsonException)
        {
            return FieldSet.Empty;
        }
    }

    private static IEnumerable<Entry> Read(JsonObject resource) =>
        (resource["metadata"]?["managedFields"] as JsonArray ?? []).OfType<JsonObject>().Select(e => new Entry(
            new FieldManager((string?)e["manager"] ?? "", (string?)e["apiVersion"] ?? "", (string?)e["subresource"] ?? ""),
            (string?)e["operation"] ?? ByUpdate, FieldSet.Read(e["fieldsV1"] as JsonObject), (string?)e["time"] ?? ""));

    private static void Write(JsonObject resource, IEnumerable<Entry> entries)
    {
        if (resource["metadata"] is not JsonObject metadata)
        {
            resource["metadata"] = metadata = [];
        }

        metadata["managedFields"] = new JsonArray([.. entries.Where(e => !e.Fields.IsEmpty).Select(e => e.ToJson())]);
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private sealed record Entry(FieldManager Manager, string Operation, FieldSet Fields, string Time)
    {
        public bool IsOf(FieldManager manager, string operation) =>
            Operation == operation && Manager.Name == manager.Name && Manager.Subresource == manager.Subresource;

        public JsonObject ToJson()
        {
            JsonObject json = new()
            {
                ["manager"] = Manager.Name,
                ["operation"] = Operation,
                ["apiVersion"] = Manager.ApiVersion,
                ["time"] = Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = Fields.ToJson(),
            };
            if (Manager.Subresource.Length > 0)
            {
                json["subresource"] = Manager.Subresource;
            }

            return json;
        }
    }
}
