using System.Text.Json.Nodes;
using Weft.ControlPlane.Distribute;
using Weft.Resources;

namespace Weft.ControlPlane.Observe;

/// <summary>Every resource of one revision, for `weft explain` against the running mesh. Secrets go without their content.</summary>
internal static class ResourceList
{
    public static JsonObject Of(MeshFeed feed)
    {
        var items = new JsonArray();
        foreach (Resource resource in feed.IsLoaded ? feed.Current.Resources.All : [])
        {
            JsonObject json = (JsonObject)resource.Json.DeepClone();
            if (resource is { Group: "", Kind: "Secret" })
            {
                json.Remove("data");
                json.Remove("stringData");
            }

            items.Add(json);
        }

        return new JsonObject { ["revision"] = feed.IsLoaded ? feed.Current.Resources.Revision : 0, ["items"] = items };
    }
}
