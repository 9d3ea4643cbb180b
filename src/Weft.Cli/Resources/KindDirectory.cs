using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Node.Control;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.Cli.Resources;

/// <summary>Finds kinds: those that Weft knows by itself, then those a control plane serves by definitions given to it. One per command.</summary>
internal sealed class KindDirectory(ControlPlaneClient client)
{
    private readonly Dictionary<string, IReadOnlyList<ResourceType>> _asked = new(StringComparer.Ordinal);

    /// <summary>By what a person types: kind, plural, singular or short name.</summary>
    public async Task<ResourceType> OfNameAsync(string name, CancellationToken ct)
    {
        if (ResourceCatalog.BuiltIn.FindName(name) is { } known)
        {
            return known;
        }

        string word = name.Split('.')[0].ToLowerInvariant();
        foreach (ResourceType type in await ServedAsync(ct))
        {
            if (type.Plural == word || type.Singular == word || type.ShortNames.Contains(word) || type.Kind.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return type;
            }
        }

        IEnumerable<string> names = ResourceCatalog.BuiltIn.Types.SelectMany(t => t.ShortNames.Append(t.Singular).Append(t.Plural));
        throw CommandException.WrongCommandLine($"There is no kind \"{name}\".", NearestName.Of(name, names) is { } near ? $"Did you mean \"{near}\"?" : "`kubectl api-resources` lists the kinds.");
    }

    /// <summary>As a manifest writes it; null when nobody knows it.</summary>
    public async Task<ResourceType?> OfManifestAsync(Resource resource, CancellationToken ct)
    {
        if (ResourceCatalog.BuiltIn.FindApiVersion(resource.ApiVersion, resource.Kind) is { } known)
        {
            return known;
        }

        return ResourceCatalog.BuiltIn.Types.Any(t => t.Group == resource.Group)
            ? null : (await GroupVersionAsync(resource.ApiVersion, ct)).FirstOrDefault(t => t.Kind == resource.Kind);
    }

    /// <summary>What to do about a kind that nobody knows.</summary>
    public static string Cure(Resource resource)
    {
        ResourceCatalog catalog = ResourceCatalog.BuiltIn;
        if (catalog.Find(resource.Group, resource.Kind) is { } type)
        {
            return $"write apiVersion: {type.ApiVersion} ({string.Join(", ", type.Versions)} are served)";
        }

        string? near = NearestName.Of(resource.Kind, catalog.Types.Where(t => t.Group == resource.Group).Select(t => t.Kind))
            ?? NearestName.Of(resource.Kind, catalog.Types.Select(t => t.Kind));
        ResourceType? meant = near is null ? null : catalog.Types.FirstOrDefault(t => t.Kind == near && t.Group == resource.Group) ?? catalog.Types.First(t => t.Kind == near);
        return meant is not null ? $"did you mean kind: {meant.Kind} of apiVersion: {meant.ApiVersion}?" : "apply its CustomResourceDefinition first, or remove it: the mesh does not use it";
    }

    private async Task<IReadOnlyList<ResourceType>> ServedAsync(CancellationToken ct)
    {
        List<ResourceType> all = [];
        JsonNode? groups = await client.GetAsync("/apis", ct);
        foreach (string version in (groups?["groups"] as JsonArray ?? []).Select(g => (string?)g?["preferredVersion"]?["groupVersion"] ?? ""))
        {
            all.AddRange(await GroupVersionAsync(version, ct));
        }

        return all;
    }

    private async Task<IReadOnlyList<ResourceType>> GroupVersionAsync(string apiVersion, CancellationToken ct)
    {
        if (_asked.TryGetValue(apiVersion, out IReadOnlyList<ResourceType>? types))
        {
            return types;
        }

        try
        {
            JsonNode? list = await client.GetAsync(apiVersion.Contains('/') ? $"/apis/{apiVersion}" : $"/api/{apiVersion}", ct);
            types = [.. (list?["resources"] as JsonArray ?? []).OfType<JsonObject>().Where(r => !((string?)r["name"] ?? "").Contains('/')).Select(r => Read(apiVersion, r))];
        }
        catch (ControlPlaneRefusedException e) when (e.Status == 404)
        {
            types = [];
        }

        return _asked[apiVersion] = types;
    }

    private static ResourceType Read(string apiVersion, JsonObject resource)
    {
        int slash = apiVersion.IndexOf('/');
        return new ResourceType(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], (string?)resource["kind"] ?? "", (string?)resource["name"] ?? "", (bool?)resource["namespaced"] ?? true)
        {
            Singular = (string?)resource["singularName"] ?? "",
            ShortNames = [.. (resource["shortNames"] as JsonArray ?? []).Select(s => s?.ToString() ?? "")],
        };
    }
}
