using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.Authority.Issue;
using Weft.ControlPlane.Api.Http;
using Weft.Resources;
using Weft.Resources.Patch;

namespace Weft.ControlPlane.Api;

/// <summary>Subresources other than status: tokens of service accounts, the scale of deployments, and clear refusals of what a mesh does not have.</summary>
internal sealed class SubresourceHandlers(ResourceService service, ITokenMint tokens)
{
    private const string Audience = "weft-identity";
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    public Task HandleAsync(HttpContext context, ResourceType type, ApiPath path) => (type.Kind, path.Subresource, context.Request.Method) switch
    {
        ("ServiceAccount", "token", "POST") => TokenAsync(context, type, path),
        ("Deployment", "scale", "GET" or "PUT" or "PATCH") => ScaleAsync(context, type, path),
        ("Namespace", "finalize", _) => throw Refusals.MethodNotAllowed("namespaces are finalized by the control plane itself"),
        ("Pod", "log", _) => throw Refusals.BadRequest($"pod \"{path.Name}\": Weft does not keep the output of workloads; read it where `weft up` or `weft run` runs, or in $WEFT_HOME/log"),
        ("Pod", "exec" or "attach" or "portforward", _) => throw Refusals.BadRequest($"pod \"{path.Name}\": {path.Subresource} is not supported; the process runs on its own machine, reach it there"),
        _ => throw Refusals.NoSuchPath(),
    };

    /// <summary>A single-use token with which a pod asks for its first certificate.</summary>
    private async Task TokenAsync(HttpContext context, ResourceType type, ApiPath path)
    {
        ResourceSnapshot snapshot = service.Store.Snapshot();
        _ = snapshot.Find(type.KeyOf(path.Namespace, path.Name)) ?? throw Refusals.NotFound(type, path.Name);
        JsonObject review = await RequestBody.ReadObjectAsync(context);
        JsonObject spec = review["spec"] as JsonObject ?? [];
        string[] audiences = [.. (spec["audiences"] as JsonArray ?? []).Select(a => a?.ToString() ?? "")];
        if (audiences.Length > 0 && !audiences.SequenceEqual([Audience]))
        {
            throw Refusals.BadRequest($"tokens are made for the audience {Audience} only: leave spec.audiences out or name it");
        }

        TokenBinding binding = Bind(snapshot, path, spec["boundObjectRef"] as JsonObject);
        TimeSpan lifetime = (long?)spec["expirationSeconds"] is { } seconds and > 0 && seconds < TokenLifetime.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TokenLifetime;
        MintedToken token;
        try
        {
            token = tokens.Mint(binding, lifetime);
        }
        catch (TokenLimitException e)
        {
            throw new ApiRefusedException(429, "TooManyRequests", e.Message);
        }

        spec["audiences"] = new JsonArray(Audience);
        spec["expirationSeconds"] = (long)lifetime.TotalSeconds;
        review["spec"] ??= spec;
        review["status"] = new JsonObject
        {
            ["token"] = token.Text,
            ["expirationTimestamp"] = token.Expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        await Answer.JsonAsync(context, 201, review);
    }

    private static TokenBinding Bind(ResourceSnapshot snapshot, ApiPath path, JsonObject? bound)
    {
        if (bound is null)
        {
            return new TokenBinding(path.Namespace, path.Name);
        }

        string name = (string?)bound["name"] ?? "";
        if ((string?)bound["kind"] != "Pod" || snapshot.Find(new ResourceKey("", "Pod", path.Namespace, name)) is not { } pod)
        {
            throw Refusals.BadRequest($"spec.boundObjectRef must name a Pod of namespace {path.Namespace} that exists, \"{name}\" does not");
        }

        if ((string?)bound["uid"] is { Length: > 0 } uid && uid != pod.Uid)
        {
            throw new ApiRefusedException(409, "Conflict", $"pod \"{name}\" was created anew: its uid is {pod.Uid}, not {uid}");
        }

        string account = (string?)pod.Spec?["serviceAccountName"] ?? "default";
        return account == path.Name
            ? new TokenBinding(path.Namespace, path.Name, name, pod.Uid)
            : throw Refusals.Forbidden($"pod \"{name}\" runs as service account \"{account}\", not as \"{path.Name}\"");
    }

    /// <summary>autoscaling/v1 Scale: what `kubectl scale` reads and writes.</summary>
    private async Task ScaleAsync(HttpContext context, ResourceType type, ApiPath path)
    {
        ResourceKey key = type.KeyOf(path.Namespace, path.Name);
        Resource deployment = service.Store.Snapshot().Find(key) ?? throw Refusals.NotFound(type, path.Name);
        if (context.Request.Method != "GET")
        {
            JsonNode? wanted;
            if (context.Request.Method == "PUT")
            {
                wanted = (await RequestBody.ReadObjectAsync(context))["spec"]?["replicas"];
            }
            else
            {
                (PatchKind kind, JsonNode? patch) = await RequestBody.ReadPatchAsync(context);
                JsonObject scale = ScaleOf(deployment);
                wanted = (kind == PatchKind.Json ? JsonPatch.Apply(scale, patch) : MergePatch.Apply(scale, patch))?["spec"]?["replicas"];
            }

            JsonObject change = new() { ["spec"] = new JsonObject { ["replicas"] = wanted?.DeepClone() ?? throw Refusals.BadRequest("spec.replicas is missing") } };
            Written written = await service.PatchAsync(type, type.Version, key, (PatchKind.Merge, change, ""), WriteOptions.Of(context), context.RequestAborted);
            deployment = written.Resource;
        }

        await Answer.JsonAsync(context, 200, ScaleOf(deployment));
    }

    private static JsonObject ScaleOf(Resource deployment)
    {
        JsonObject labels = deployment.Spec?["selector"]?["matchLabels"] as JsonObject ?? [];
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = deployment.Name,
                ["namespace"] = deployment.Namespace,
                ["uid"] = deployment.Uid,
                ["resourceVersion"] = deployment.Metadata?["resourceVersion"]?.DeepClone(),
                ["creationTimestamp"] = deployment.Metadata?["creationTimestamp"]?.DeepClone(),
            },
            ["spec"] = new JsonObject { ["replicas"] = deployment.Spec?["replicas"]?.DeepClone() ?? 0 },
            ["status"] = new JsonObject
            {
                ["replicas"] = deployment.Status?["replicas"]?.DeepClone() ?? 0,
                ["selector"] = string.Join(",", labels.Select(l => $"{l.Key}={l.Value}")),
            },
        };
    }
}
