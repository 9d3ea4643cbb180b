using System.Text.Json.Nodes;
using Weft.ControlPlane.Admission;
using Weft.Resources;
using Weft.Resources.Patch;
using Weft.Resources.Schemas;

namespace Weft.ControlPlane.Api;

/// <summary>
/// Writes resources the way a Kubernetes API server does: admitted, defaulted, owned, under optimistic concurrency. HTTP
/// requests and the controllers inside the control plane use the same methods. Thread-safe.
/// </summary>
public sealed class ResourceService
{
    /// <summary>How often a patch without a resourceVersion is tried against a resource that others keep writing.</summary>
    private const int PatchTriesMax = 8;

    private readonly IResourceStore _store;
    private readonly CatalogView _catalog;
    private readonly IAdmissionStep[] _steps;
    private readonly AddressBook _addresses;
    private readonly TimeProvider _time;

    public ResourceService(IResourceStore store, CatalogView catalog, IEnumerable<IAdmissionCheck> checks, TimeProvider time)
    {
        _store = store;
        _catalog = catalog;
        _time = time;
        _addresses = new AddressBook(store);

        // Read downwards: names first, so that everything after can speak of the resource; the dialects see it complete.
        _steps = [new NameStep(), new ShapeStep(catalog), new CoreDefaultsStep(time), _addresses, new DialectStep(checks)];
    }

    public IResourceStore Store => _store;

    public ResourceCatalog Catalog => _catalog.Current;

    public async ValueTask<Written> CreateAsync(ResourceType type, string version, JsonObject body, WriteRequest request, CancellationToken ct)
    {
        JsonObject json = Own(type, body);
        json.Remove("status");
        JsonObject metadata = (JsonObject)json["metadata"]!;
        foreach (string field in (string[])["resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "deletionTimestamp", "managedFields"])
        {
            metadata.Remove(field);
        }

        return await WriteAsync(Admission(type, version, json, null, request), 0, null, new FieldManager(request.FieldManager, type.ApiVersion), request, ct)
            ?? throw Refusals.AlreadyExists(type, (string?)metadata["name"] ?? "");
    }

    public async ValueTask<Written> ReplaceAsync(
        ResourceType type, string version, ResourceKey key, JsonObject body, string subresource, WriteRequest request, CancellationToken ct)
    {
        for (int attempt = 1; ; attempt++)
        {
            Resource old = _store.Snapshot().Find(key) ?? throw Refusals.NotFound(type, key.Name);
            string given = (string?)body["metadata"]?["resourceVersion"] ?? "";
            if (given.Length > 0 && given != (string?)old.Metadata?["resourceVersion"])
            {
                throw Refusals.Conflict(type, key.Name);
            }

            JsonObject json = subresource == "status" ? WithStatus(old, body) : Own(type, body);
            if (subresource.Length == 0)
            {
                KeepServerFields(type, json, old);
            }

            if (await WriteAsync(Admission(type, version, json, old, request, subresource), old.Revision, old, new FieldManager(request.FieldManager, type.ApiVersion, subresource), request, ct) is { } written)
            {
                return written;
            }

            if (given.Length > 0 || attempt == PatchTriesMax)
            {
                throw Refusals.Conflict(type, key.Name);
            }
        }
    }

    public async ValueTask<Written> PatchAsync(
        ResourceType type, string version, ResourceKey key, (PatchKind Kind, JsonNode? Body, string Subresource) patch, WriteRequest request, CancellationToken ct)
    {
        if (patch.Kind == PatchKind.Apply)
        {
            return await ApplyAsync(type, version, key, patch.Body as JsonObject ?? throw Refusals.BadRequest("an apply patch is a resource"), patch.Subresource, request, ct);
        }

        for (int attempt = 1; attempt <= PatchTriesMax; attempt++)
        {
            Resource old = _store.Snapshot().Find(key) ?? throw Refusals.NotFound(type, key.Name);
            JsonObject json = Patched(type, version, old, patch.Kind, patch.Body);
            string wanted = (string?)json["metadata"]?["resourceVersion"] ?? "";
            if (wanted.Length > 0 && wanted != (string?)old.Metadata?["resourceVersion"])
            {
                throw Refusals.Conflict(type, key.Name);
            }

            json = patch.Subresource == "status" ? WithStatus(old, json) : json;
            if (patch.Subresource.Length == 0)
            {
                KeepServerFields(type, json, old);
            }

            FieldManager manager = new(request.FieldManager, type.ApiVersion, patch.Subresource);
            if (await WriteAsync(Admission(type, version, json, old, request, patch.Subresource), old.Revision, old, manager, request, ct) is { } written)
            {
                return written;
            }
        }

        throw Refusals.Conflict(type, key.Name);
    }

    private async ValueTask<Written> ApplyAsync(
        ResourceType type, string version, ResourceKey key, JsonObject body, string subresource, WriteRequest request, CancellationToken ct)
    {
        SchemaNode schema = _catalog.Current.Schema(type);
        FieldManager manager = new(request.FieldManager, type.ApiVersion, subresource);
        for (int attempt = 1; attempt <= PatchTriesMax; attempt++)
        {
            Resource? old = _store.Snapshot().Find(key);
            JsonObject applied = Own(type, body);
            applied["metadata"]!["name"] = key.Name;
            IReadOnlyList<ApplyConflict> conflicts = ManagedFields.Apply(old?.Json, applied, schema, (manager, request.Force, _time.GetUtcNow()), out JsonObject? merged);
            if (merged is null)
            {
                throw ApplyRefused(type, key.Name, conflicts);
            }

            merged["metadata"]!["name"] = key.Name;
            if (key.Namespace.Length > 0)
            {
                merged["metadata"]!["namespace"] = key.Namespace;
            }

            JsonObject json = old is null ? merged : subresource == "status" ? WithStatus(old, merged) : merged;
            if (old is not null && subresource.Length == 0)
            {
                KeepServerFields(type, json, old);
            }

            if (await WriteAsync(Admission(type, version, json, old, request, subresource), old?.Revision ?? 0, old, null, request, ct) is { } written)
            {
                return written;
            }
        }

        throw Refusals.Conflict(type, key.Name);
    }

    public async ValueTask<Resource> DeleteAsync(ResourceType type, ResourceKey key, DeletePreconditions preconditions, WriteRequest request, CancellationToken ct)
    {
        for (int attempt = 1; attempt <= PatchTriesMax; attempt++)
        {
            Resource old = _store.Snapshot().Find(key) ?? throw Refusals.NotFound(type, key.Name);
            preconditions.Check(type, old);
            if (type is { Group: "", Kind: "Namespace" })
            {
                if (key.Name is "default" or "kube-system")
                {
                    throw Refusals.Forbidden($"namespaces \"{key.Name}\" is forbidden: this namespace may not be deleted");
                }
            }

            if (request.DryRun)
            {
                return old;
            }

            // A finalizer's owner finishes its work first and then takes its name out; that write deletes (see WriteAsync).
            bool waits = old.Metadata?["finalizers"] is JsonArray { Count: > 0 };
            WriteResult result;
            if (waits)
            {
                JsonObject marked = (JsonObject)old.Json.DeepClone();
                marked["metadata"]!["deletionTimestamp"] ??= _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
                marked["metadata"]!["deletionGracePeriodSeconds"] ??= 0;
                result = await _store.PutAsync(new Resource(marked), old.Revision, request.Origin, ct);
            }
            else
            {
                await EmptyNamespaceAsync(type, key, request, ct);
                result = await _store.DeleteAsync(key, old.Revision, request.Origin, ct);
            }

            if (result.Status is WriteStatus.Conflict && !preconditions.PinsRevision)
            {
                continue;
            }

            return Refusals.Of(result.Status, type, key.Name) is { } refusal ? throw refusal : result.Resource!;
        }

        throw Refusals.Conflict(type, key.Name);
    }

    private async ValueTask EmptyNamespaceAsync(ResourceType type, ResourceKey key, WriteRequest request, CancellationToken ct)
    {
        if (type is not { Group: "", Kind: "Namespace" })
        {
            return;
        }

        foreach (Resource inside in _store.Snapshot().All.Where(r => r.Namespace == key.Name))
        {
            WriteResult result = await _store.DeleteAsync(inside.Key, null, request.Origin, ct);
            if (result.Status == WriteStatus.StorageFull)
            {
                throw Refusals.StorageFull();
            }
        }
    }

    private JsonObject Patched(ResourceType type, string version, Resource old, PatchKind kind, JsonNode? body)
    {
        JsonObject current = (JsonObject)old.Json.DeepClone();
        current["apiVersion"] = type.ApiVersionOf(version);
        try
        {
            JsonNode? result = kind switch
            {
                PatchKind.Json => JsonPatch.Apply(current, body),
                PatchKind.Merge => MergePatch.Apply(current, body),
                _ => StrategicMergePatch.Apply(current, body as JsonObject ?? throw new PatchRefusedException("a strategic merge patch is an object", malformed: true), _catalog.Current.Schema(type)),
            };
            return Own(type, result as JsonObject ?? throw new PatchRefusedException("the patch leaves no resource behind"));
        }
        catch (PatchRefusedException e)
        {
            throw e.Malformed ? Refusals.BadRequest(e.Message)
                : new ApiRefusedException(422, "Invalid", $"the server rejected our request due to an error in our request: {e.Message}");
        }
    }

    /// <returns>Null when somebody else wrote in between and the caller should decide anew.</returns>
    private async ValueTask<Written?> WriteAsync(
        AdmissionRequest admission, long expected, Resource? old, FieldManager? manager, WriteRequest request, CancellationToken ct)
    {
        foreach (IAdmissionStep step in admission.StatusOnly ? _steps.Where(s => s is ShapeStep) : _steps)
        {
            step.Admit(admission);
        }

        JsonObject json = admission.Object;
        if (manager is not null)
        {
            ManagedFields.NoteUpdate(old?.Json, json, _catalog.Current.Schema(admission.Type), manager, _time.GetUtcNow());
        }

        if (request.DryRun)
        {
            json["metadata"]!["uid"] ??= old?.Uid ?? Guid.Empty.ToString();
            return new Written(new Resource(json), old is null, admission.Warnings);
        }

        Resource resource = new(json);
        bool finished = old?.Metadata?["deletionTimestamp"] is not null && json["metadata"]!["finalizers"] is not JsonArray { Count: > 0 };
        WriteResult result = finished
            ? await _store.DeleteAsync(resource.Key, expected, request.Origin, ct)
            : await _store.PutAsync(resource, expected, request.Origin, ct);
        await _addresses.SettleAsync(json);
        return result.Status switch
        {
            WriteStatus.Conflict => null,
            WriteStatus.AlreadyExists or WriteStatus.NotFound when old is not null || admission.Old is not null => null,
            WriteStatus.Written or WriteStatus.Unchanged => new Written(result.Resource!, old is null, admission.Warnings),
            _ => throw Refusals.Of(result.Status, admission.Type, admission.Name)!,
        };
    }

    private AdmissionRequest Admission(ResourceType type, string version, JsonObject json, Resource? old, WriteRequest request, string subresource = "") =>
        new(type, version, json, _store.Snapshot())
        {
            Old = old, Validation = request.Validation, DryRun = request.DryRun, StatusOnly = subresource == "status",
        };

    /// <summary>A tree of our own with the stored version's apiVersion and a metadata object.</summary>
    private static JsonObject Own(ResourceType type, JsonObject body)
    {
        JsonObject json = new() { ["apiVersion"] = type.ApiVersion, ["kind"] = type.Kind };
        foreach ((string name, JsonNode? value) in body)
        {
            if (name is not ("apiVersion" or "kind"))
            {
                json[name] = value?.DeepClone();
            }
        }

        if (json["metadata"] is not JsonObject)
        {
            json["metadata"] = new JsonObject();
        }

        return json;
    }

    /// <summary>A write of the resource proper leaves its status, its identity and its beginning alone.</summary>
    private static void KeepServerFields(ResourceType type, JsonObject json, Resource old)
    {
        JsonObject metadata = (JsonObject)json["metadata"]!;
        foreach (string field in (string[])["uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "name", "namespace"])
        {
            metadata.Remove(field);
            if (old.Metadata?[field] is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }

        if (type.HasStatus)
        {
            json.Remove("status");
            if (old.Status is { } status)
            {
                json["status"] = status.DeepClone();
            }
        }
    }

    private static JsonObject WithStatus(Resource old, JsonObject body)
    {
        JsonObject json = (JsonObject)old.Json.DeepClone();
        json["status"] = body["status"]?.DeepClone();
        if (json["status"] is null)
        {
            json.Remove("status");
        }

        if (body["metadata"]?["managedFields"] is { } managed)
        {
            json["metadata"]!["managedFields"] = managed.DeepClone();
        }

        return json;
    }

    private static ApiRefusedException ApplyRefused(ResourceType type, string name, IReadOnlyList<ApplyConflict> conflicts)
    {
        IEnumerable<string> lines = conflicts.GroupBy(c => c.Manager)
            .Select(g => g.Count() == 1 ? $"conflict with \"{g.Key}\": {g.First().Field}" : $"conflicts with \"{g.Key}\":\n- {string.Join("\n- ", g.Select(c => c.Field))}");
        string count = conflicts.Count == 1 ? "1 conflict" : $"{conflicts.Count} conflicts";
        return new ApiRefusedException(409, "Conflict", $"Apply failed with {count}: {string.Join("\n", lines)}")
        {
            Group = type.Group,
            Kind = type.Plural,
            Name = name,
            Causes = [.. conflicts.Select(c => new RefusalCause("FieldManagerConflict", c.Field, $"conflict with \"{c.Manager}\""))],
        };
    }
}

/// <summary>What must hold for a deletion; nulls hold always.</summary>
public sealed record DeletePreconditions(string? Uid = null, string? ResourceVersion = null)
{
    public static readonly DeletePreconditions None = new();

    internal bool PinsRevision => ResourceVersion is not null;

    internal void Check(ResourceType type, Resource resource)
    {
        if ((Uid is not null && Uid != resource.Uid) || (ResourceVersion is not null && ResourceVersion != (string?)resource.Metadata?["resourceVersion"]))
        {
            throw Refusals.Conflict(type, resource.Name);
        }
    }
}
