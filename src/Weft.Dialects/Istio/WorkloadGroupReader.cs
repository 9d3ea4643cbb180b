using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>networking.istio.io WorkloadGroup → what a member of it is when it registers itself.</summary>
public static class WorkloadGroupReader
{
    /// <summary>Labels of metadata and template; the template wins, as in Istio.</summary>
    public static WorkloadConfig Read(Resource group)
    {
        Field spec = new(group.Spec);
        Dictionary<string, string> labels = spec["metadata"]["labels"].Map;
        foreach ((string name, string value) in spec["template"]["labels"].Map)
        {
            labels[name] = value;
        }
        return WorkloadEntryReader.Read(spec["template"], group.Namespace, "", outsideMesh: false) with { Labels = labels };
    }

    public static IReadOnlyDictionary<string, string> Annotations(Resource group) => new Field(group.Spec)["metadata"]["annotations"].Map;
}
