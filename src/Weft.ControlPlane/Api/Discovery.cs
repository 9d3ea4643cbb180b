using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>One line of a discovery document that is not a stored kind: a subresource, or a question with an answer.</summary>
internal sealed record VirtualResource(string Group, string Version, string Name, string Kind, bool Namespaced, string ResponseGroup, string ResponseVersion, string[] Verbs);

/// <summary>The documents that say what is served: /api, /apis, one per group and version, and the aggregated form that newer clients ask for.</summary>
internal sealed class Discovery(CatalogView catalog)
{
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] StatusVerbs = ["get", "patch", "update"];

    private static readonly VirtualResource[] Virtual =
    [
        new("", "v1", "serviceaccounts/token", "TokenRequest", true, "authentication.k8s.io", "v1", ["create"]),
        new("", "v1", "pods/log", "Pod", true, "", "v1", ["get"]),
        new("apps", "v1", "deployments/scale", "Scale", true, "autoscaling", "v1", ["get", "patch", "update"]),
        new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false, "", "", ["create"]),
        new("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false, "", "", ["create"]),
        new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false, "", "", ["create"]),
    ];

    /// <summary>Every (group, version) served, preferred versions first within a group.</summary>
    public IEnumerable<(string Group, string[] Versions)> Groups() =>
        catalog.Current.Types.SelectMany(t => t.Versions.Select(v => (t.Group, Version: v)))
            .Concat(Virtual.Select(v => (v.Group, v.Version)))
            .GroupBy(p => p.Group).Select(g => (g.Key, g.Select(p => p.Version).Distinct().OrderBy(Rank).ToArray()));

    public bool Serves(string group, string version) => Groups().Any(g => g.Group == group && g.Versions.Contains(version));

    public static JsonObject Core() => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(),
    };

    public JsonObject GroupList() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. Groups().Where(g => g.Group.Length > 0).Select(g => Group(g.Group, g.Versions))]),
    };

    public JsonObject? GroupOf(string name)
    {
        (string group, string[] versions) = Groups().FirstOrDefault(g => g.Group == name);
        if (versions is null || name.Length == 0)
        {
            return null;
        }

        JsonObject json = Group(group, versions);
        json["kind"] = "APIGroup";
        json["apiVersion"] = "v1";
        return json;
    }

    public JsonObject ResourceList(string group, string version)
    {
        JsonArray resources = [];
        foreach (ResourceType type in catalog.Current.Types.Where(t => t.Group == group && t.Versions.Contains(version)))
        {
            JsonObject json = new()
            {
                ["name"] = type.Plural,
                ["singularName"] = type.Singular,
                ["namespaced"] = type.Namespaced,
                ["kind"] = type.Kind,
                ["verbs"] = Array(Verbs),
                ["storageVersionHash"] = "",
            };
            AddNames(json, type);
            resources.Add(json);
            if (type.HasStatus)
            {
                resources.Add(new JsonObject
                {
                    ["name"] = type.Plural + "/status", ["singularName"] = "", ["namespaced"] = type.Namespaced, ["kind"] = type.Kind, ["verbs"] = Array(StatusVerbs),
                });
            }
        }

        foreach (VirtualResource other in Virtual.Where(v => v.Group == group && v.Version == version))
        {
            JsonObject json = new()
            {
                ["name"] = other.Name, ["singularName"] = "", ["namespaced"] = other.Namespaced, ["kind"] = other.Kind, ["verbs"] = Array(other.Verbs),
            };
            if (other.ResponseVersion.Length > 0)
            {
                json["group"] = other.ResponseGroup;
                json["version"] = other.ResponseVersion;
            }

            resources.Add(json);
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList", ["apiVersion"] = "v1", ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}", ["resources"] = resources,
        };
    }

    /// <summary>apidiscovery.k8s.io/v2: all of /api or all of /apis in one answer.</summary>
    public JsonObject Aggregated(bool core, string version)
    {
        JsonArray items = [];
        foreach ((string group, string[] versions) in Groups().Where(g => g.Group.Length == 0 == core))
        {
            items.Add(new JsonObject
            {
                ["metadata"] = group.Length == 0 ? new JsonObject { ["creationTimestamp"] = null } : new JsonObject { ["name"] = group, ["creationTimestamp"] = null },
                ["versions"] = new JsonArray([.. versions.Select(v => new JsonObject
                {
                    ["version"] = v,
                    ["freshness"] = "Current",
                    ["resources"] = AggregatedResources(group, v),
                })]),
            });
        }

        return new JsonObject
        {
            ["kind"] = "APIGroupDiscoveryList", ["apiVersion"] = $"apidiscovery.k8s.io/{version}", ["metadata"] = new JsonObject(), ["items"] = items,
        };
    }

    private JsonArray AggregatedResources(string group, string version)
    {
        JsonArray resources = [];
        foreach (ResourceType type in catalog.Current.Types.Where(t => t.Group == group && t.Versions.Contains(version)))
        {
            JsonObject kind = Kind(group, version, type.Kind);
            JsonObject json = new()
            {
                ["resource"] = type.Plural,
                ["responseKind"] = kind,
                ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = type.Singular,
                ["verbs"] = Array(Verbs),
            };
            AddNames(json, type);
            JsonArray below = [.. Virtual.Where(v => v.Group == group && v.Version == version && v.Name.StartsWith(type.Plural + "/", StringComparison.Ordinal))
                .Select(v => Subresource(v.Name[(type.Plural.Length + 1)..], Kind(v.ResponseGroup, v.ResponseVersion, v.Kind), v.Verbs))];
            if (type.HasStatus)
            {
                below.Add(Subresource("status", (JsonObject)kind.DeepClone(), StatusVerbs));
            }

            if (below.Count > 0)
            {
                json["subresources"] = below;
            }

            resources.Add(json);
        }

        foreach (VirtualResource other in Virtual.Where(v => v.Group == group && v.Version == version && !v.Name.Contains('/')))
        {
            resources.Add(new JsonObject
            {
                ["resource"] = other.Name,
                ["responseKind"] = Kind(group, version, other.Kind),
                ["scope"] = other.Namespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = other.Kind.ToLowerInvariant(),
                ["verbs"] = Array(other.Verbs),
            });
        }

        return resources;
    }

    private static JsonObject Subresource(string name, JsonObject kind, string[] verbs) =>
        new() { ["subresource"] = name, ["responseKind"] = kind, ["verbs"] = Array(verbs) };

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static void AddNames(JsonObject json, ResourceType type)
    {
        if (type.ShortNames.Count > 0)
        {
            json["shortNames"] = Array(type.ShortNames);
        }

        if (type.Categories.Count > 0)
        {
            json["categories"] = Array(type.Categories);
        }
    }

    private static JsonObject Group(string group, string[] versions)
    {
        JsonObject Version(string v) => new() { ["groupVersion"] = $"{group}/{v}", ["version"] = v };
        return new JsonObject
        {
            ["name"] = group, ["versions"] = new JsonArray([.. versions.Select(Version)]), ["preferredVersion"] = Version(versions[0]),
        };
    }

    /// <summary>v1 before v1beta1 before v1alpha3, newer before older: Kubernetes' order of versions.</summary>
    private static (int Level, int Order) Rank(string version)
    {
        int level = version.Contains("alpha", StringComparison.Ordinal) ? 2 : version.Contains("beta", StringComparison.Ordinal) ? 1 : 0;
        string digits = new([.. version.Reverse().TakeWhile(char.IsAsciiDigit).Reverse()]);
        return (level, -(int.TryParse(digits, out int number) ? number : 0));
    }

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(t => JsonValue.Create(t))]);
}
