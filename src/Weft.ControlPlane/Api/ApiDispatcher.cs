using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.ControlPlane.Api.Http;
using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>Takes every request below /api and /apis to what answers it. Refusals become Status answers here and nowhere else.</summary>
internal sealed class ApiDispatcher(ResourceService service, Discovery discovery, SubresourceHandlers subresources, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (ApiRefusedException refusal)
        {
            await Answer.RefusalAsync(context, refusal);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away; there is nobody to answer.
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "/";
        if (HttpMethods.IsGet(context.Request.Method) && await TryDiscoverAsync(context, path.TrimEnd('/')))
        {
            return;
        }

        if (!ApiPath.TryParse(path, out ApiPath? parsed))
        {
            throw Refusals.NoSuchPath();
        }

        if (ReviewAnswers.TryAnswer(parsed, context.Request.Method))
        {
            await ReviewAnswers.AnswerAsync(context, parsed);
            return;
        }

        ResourceType type = service.Catalog.FindPlural(parsed.Group, parsed.Plural) is { } found && found.Versions.Contains(parsed.Version)
            ? found : throw Refusals.NoSuchPath();
        if (parsed.Namespace.Length > 0 && !type.Namespaced)
        {
            throw Refusals.NoSuchPath();
        }

        await (parsed switch
        {
            { Subresource: not ("" or "status") } => subresources.HandleAsync(context, type, parsed),
            { Name: "" } => CollectionAsync(context, type, parsed),
            _ => ItemAsync(context, type, parsed),
        });
    }

    private async Task CollectionAsync(HttpContext context, ResourceType type, ApiPath path)
    {
        switch (context.Request.Method)
        {
            case "GET" when context.Request.Query["watch"].ToString() is "true" or "1":
                using (WatchAnswer watch = new(context, ListQuery.Of(context, type, path), ResourceForm.Of(context, time), service.Store, time))
                {
                    await watch.RunAsync();
                }

                break;
            case "GET":
                await Answer.BytesAsync(context, 200, ResourceForm.Of(context, time).List(ListQuery.Of(context, type, path), service.Store.Snapshot()));
                break;
            case "POST":
                await CreateAsync(context, type, path);
                break;
            case "DELETE":
                await DeleteAllAsync(context, type, path);
                break;
            default:
                throw Refusals.MethodNotAllowed($"{context.Request.Method} is not served for a collection of {type}");
        }
    }

    private async Task ItemAsync(HttpContext context, ResourceType type, ApiPath path)
    {
        if (type.Namespaced && path.Namespace.Length == 0)
        {
            throw Refusals.BadRequest($"{type} have a namespace: ask at .../namespaces/NAMESPACE/{type.Plural}/{path.Name}");
        }

        ResourceKey key = type.KeyOf(path.Namespace, path.Name);
        switch (context.Request.Method)
        {
            case "GET":
                ResourceSnapshot snapshot = service.Store.Snapshot();
                Resource resource = snapshot.Find(key) ?? throw Refusals.NotFound(type, path.Name);
                await Answer.BytesAsync(context, 200, ResourceForm.Of(context, time).One(resource, type, path.Version, snapshot));
                break;
            case "PUT":
                JsonObject body = await RequestBody.ReadObjectAsync(context);
                CheckIdentity(type, path, body);
                await WrittenAsync(context, path, type, await service.ReplaceAsync(type, path.Version, key, body, path.Subresource, WriteOptions.Of(context), context.RequestAborted));
                break;
            case "PATCH":
                (PatchKind kind, JsonNode? patch) = await RequestBody.ReadPatchAsync(context);
                WriteRequest request = WriteOptions.Of(context);
                if (kind == PatchKind.Apply && context.Request.Query["fieldManager"].Count == 0)
                {
                    throw Refusals.BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
                }

                await WrittenAsync(context, path, type, await service.PatchAsync(type, path.Version, key, (kind, patch, path.Subresource), request, context.RequestAborted));
                break;
            case "DELETE" when path.Subresource.Length == 0:
                await DeleteAsync(context, type, path, key);
                break;
            default:
                throw Refusals.MethodNotAllowed($"{context.Request.Method} is not served for {type} \"{path.Name}\"{(path.Subresource.Length > 0 ? "/" + path.Subresource : "")}");
        }
    }

    private async Task CreateAsync(HttpContext context, ResourceType type, ApiPath path)
    {
        JsonObject body = await RequestBody.ReadObjectAsync(context);
        CheckIdentity(type, path, body);
        Written written = await service.CreateAsync(type, path.Version, body, WriteOptions.Of(context), context.RequestAborted);
        await WrittenAsync(context, path, type, written);
    }

    private async Task DeleteAsync(HttpContext context, ResourceType type, ApiPath path, ResourceKey key)
    {
        JsonObject? options = await RequestBody.ReadOptionalObjectAsync(context);
        Resource gone = await service.DeleteAsync(type, key, Preconditions(options), DeleteRequest(context, options), context.RequestAborted);
        if (gone.Metadata?["deletionTimestamp"] is not null && service.Store.Snapshot().Find(key) is not null)
        {
            await Answer.ResourceAsync(context, 200, gone, type.ApiVersionOf(path.Version));
            return;
        }

        await Answer.JsonAsync(context, 200, new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = new JsonObject { ["name"] = gone.Name, ["group"] = type.Group, ["kind"] = type.Plural, ["uid"] = gone.Uid },
        });
    }

    private async Task DeleteAllAsync(HttpContext context, ResourceType type, ApiPath path)
    {
        JsonObject? options = await RequestBody.ReadOptionalObjectAsync(context);
        ListQuery query = ListQuery.Of(context, type, path);
        WriteRequest request = DeleteRequest(context, options);
        foreach (Resource resource in query.Page(service.Store.Snapshot()).Items)
        {
            await service.DeleteAsync(type, resource.Key, DeletePreconditions.None, request, context.RequestAborted);
        }

        await Answer.JsonAsync(context, 200, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success" });
    }

    private async Task WrittenAsync(HttpContext context, ApiPath path, ResourceType type, Written written)
    {
        Answer.Warn(context, written.Warnings);
        byte[] bytes = ResourceForm.Of(context, time).One(written.Resource, type, path.Version, service.Store.Snapshot());
        await Answer.BytesAsync(context, written.Created ? 201 : 200, bytes);
    }

    private async ValueTask<bool> TryDiscoverAsync(HttpContext context, string path)
    {
        string accept = context.Request.Headers.Accept.ToString();
        string? aggregated = accept.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)
            ? accept.Contains("v=v2;", StringComparison.Ordinal) || accept.Contains("v=v2,", StringComparison.Ordinal) || accept.EndsWith("v=v2", StringComparison.Ordinal) ? "v2" : "v2beta1" : null;
        JsonObject? document = path.Split('/') switch
        {
            ["", "api" or "apis"] when aggregated is not null => discovery.Aggregated(path == "/api", aggregated),
            ["", "api"] => Discovery.Core(),
            ["", "apis"] => discovery.GroupList(),
            ["", "apis", var group] => discovery.GroupOf(group) ?? throw Refusals.NoSuchPath(),
            ["", "api", var version] when discovery.Serves("", version) => discovery.ResourceList("", version),
            ["", "apis", var group, var version] when discovery.Serves(group, version) => discovery.ResourceList(group, version),
            _ => null,
        };
        if (document is null)
        {
            return false;
        }

        bool whole = aggregated is not null && path is "/api" or "/apis";
        context.Response.Headers.Vary = "Accept";
        await Answer.BytesAsync(context, 200, Answer.Encode(writer => document.WriteTo(writer)),
            aggregated is not null && whole ? $"application/json;g=apidiscovery.k8s.io;v={aggregated};as=APIGroupDiscoveryList" : "application/json");
        return true;
    }

    /// <summary>What the body says of itself must agree with the path.</summary>
    private static void CheckIdentity(ResourceType type, ApiPath path, JsonObject body)
    {
        string apiVersion = (string?)body["apiVersion"] ?? type.ApiVersionOf(path.Version);
        string kind = (string?)body["kind"] ?? type.Kind;
        if (kind != type.Kind || apiVersion != type.ApiVersionOf(path.Version))
        {
            throw Refusals.BadRequest($"{kind} in version \"{apiVersion}\" cannot be handled as a {type.Kind}: the path is that of {type.Kind} {type.ApiVersionOf(path.Version)}");
        }

        if (body["metadata"] is not JsonObject metadata)
        {
            body["metadata"] = metadata = [];
        }

        string ns = (string?)metadata["namespace"] ?? "";
        if (type.Namespaced && ns.Length > 0 && path.Namespace.Length > 0 && ns != path.Namespace)
        {
            throw Refusals.BadRequest($"the namespace of the provided object does not match the namespace sent on the request ({ns} and {path.Namespace})");
        }

        string name = (string?)metadata["name"] ?? "";
        if (path.Name.Length > 0 && name.Length > 0 && name != path.Name)
        {
            throw Refusals.BadRequest($"the name of the object ({name}) does not match the name on the URL ({path.Name})");
        }

        if (path.Name.Length > 0)
        {
            metadata["name"] = path.Name;
        }

        metadata.Remove("namespace");
        if (type.Namespaced)
        {
            metadata["namespace"] = path.Namespace.Length > 0 ? path.Namespace : ns.Length > 0 ? ns : "default";
        }
    }

    private static DeletePreconditions Preconditions(JsonObject? options) =>
        new((string?)options?["preconditions"]?["uid"], (string?)options?["preconditions"]?["resourceVersion"]);

    private static WriteRequest DeleteRequest(HttpContext context, JsonObject? options)
    {
        WriteRequest request = WriteOptions.Of(context);
        return options?["dryRun"] is JsonArray { Count: > 0 } ? request with { DryRun = true } : request;
    }
}
