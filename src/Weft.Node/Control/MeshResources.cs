using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Node.Control;

/// <summary>Resources by the API, in the few forms that a node needs. Thread-safe.</summary>
public sealed class MeshResources(ControlPlaneClient client)
{
    /// <summary>What proxies' tokens are for; the authority takes no other.</summary>
    private const string TokenAudience = "weft-identity";
    private const int TokenSeconds = 600;
    private const int NotFound = 404;
    private const int AlreadyExists = 409;

    public ControlPlaneClient Client => client;

    public static string PathOf(ResourceType type, string ns, string? name = null)
    {
        string root = type.Group.Length == 0 ? $"/api/{type.Version}" : $"/apis/{type.Group}/{type.Version}";
        string scope = type.Namespaced ? $"/namespaces/{Uri.EscapeDataString(ns)}" : "";
        return name is null ? $"{root}{scope}/{type.Plural}" : $"{root}{scope}/{type.Plural}/{Uri.EscapeDataString(name)}";
    }

    public static string PodPath(string ns, string name) => $"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/pods/{Uri.EscapeDataString(name)}";

    /// <summary>Makes it, or replaces what is there but for its status and what others wrote into its metadata.</summary>
    public async Task<JsonObject> PutAsync(Resource wanted, CancellationToken ct)
    {
        ResourceType type = ResourceCatalog.BuiltIn.FindApiVersion(wanted.ApiVersion, wanted.Kind)
            ?? throw new FormatException($"{wanted.ApiVersion} {wanted.Kind} is not a kind that the mesh knows.");
        string path = PathOf(type, wanted.Namespace, wanted.Name);
        while (true)
        {
            JsonObject? there = await FindAsync(path, ct);
            try
            {
                if (there is null) { return await client.PostAsync(PathOf(type, wanted.Namespace), wanted.Json.DeepClone(), ct) as JsonObject ?? []; }
                var next = (JsonObject)wanted.Json.DeepClone();
                if (there["metadata"]?["resourceVersion"] is { } version) { next["metadata"]!["resourceVersion"] = version.DeepClone(); }
                if (there["status"] is { } status) { next["status"] = status.DeepClone(); }
                KeepAllocated(there, next);
                return await client.PutAsync(path, next, ct) as JsonObject ?? [];
            }
            catch (ControlPlaneRefusedException e) when (e.Status == AlreadyExists)
            {
                // Somebody wrote between our look and our word: look again.
                ct.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Makes it when nothing of that name is there.</summary>
    public async Task EnsureAsync(string path, JsonObject resource, CancellationToken ct)
    {
        try { await client.PostAsync(path, resource, ct); }
        catch (ControlPlaneRefusedException e) when (e.Status == AlreadyExists) { /* there already */ }
    }

    public async Task<JsonObject?> FindAsync(string path, CancellationToken ct)
    {
        try { return await client.GetAsync(path, ct) as JsonObject; }
        catch (ControlPlaneRefusedException e) when (e.Status == NotFound) { return null; }
    }

    public async Task DeleteAsync(string path, CancellationToken ct)
    {
        try { await client.DeleteAsync(path, ct); }
        catch (ControlPlaneRefusedException e) when (e.Status == NotFound) { /* gone already */ }
    }

    /// <summary>A single-use token that only the proxy of exactly this pod can become somebody with.</summary>
    public async Task<string> TokenAsync(string ns, string serviceAccount, string pod, string uid, CancellationToken ct)
    {
        var request = new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject
            {
                ["audiences"] = new JsonArray(TokenAudience),
                ["expirationSeconds"] = TokenSeconds,
                ["boundObjectRef"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["name"] = pod, ["uid"] = uid },
            },
        };
        string path = $"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/serviceaccounts/{Uri.EscapeDataString(serviceAccount)}/token";
        JsonNode? answer = await client.PostAsync(path, request, ct);
        return (string?)answer?["status"]?["token"] ?? throw new IOException($"The control plane gave no token for {ns}/{serviceAccount}.");
    }

    public Task EnsureServiceAccountAsync(string ns, string name, CancellationToken ct) =>
        EnsureAsync($"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/serviceaccounts", new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ServiceAccount",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        }, ct);

    // The API gives a Service its address once; a file does not name it, and taking it away would be a change.
    private static void KeepAllocated(JsonObject there, JsonObject next)
    {
        foreach (string field in (string[])["clusterIP", "clusterIPs"])
        {
            if (there["spec"]?[field] is { } value && next["spec"] is JsonObject spec && spec[field] is null) { spec[field] = value.DeepClone(); }
        }
    }
}
