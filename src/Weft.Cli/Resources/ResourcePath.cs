using Weft.Resources;

namespace Weft.Cli.Resources;

/// <summary>Paths of the resource API.</summary>
internal static class ResourcePath
{
    public static string Collection(ResourceType type, string version, string ns)
    {
        string root = type.Group.Length == 0 ? $"/api/{version}" : $"/apis/{type.Group}/{version}";
        return type.Namespaced && ns.Length > 0 ? $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{type.Plural}" : $"{root}/{type.Plural}";
    }

    public static string Item(ResourceType type, string version, string ns, string name) => $"{Collection(type, version, ns)}/{Uri.EscapeDataString(name)}";
}
