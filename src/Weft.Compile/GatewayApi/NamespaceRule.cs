using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>"From which namespaces": allowedRoutes.namespaces of a listener, allowedListeners.namespaces of a Gateway.</summary>
internal sealed class NamespaceRule(ResourceSnapshot snapshot)
{
    public const string Same = "Same";
    public const string None = "None";

    /// <param name="otherwise">What holds when nothing is written.</param>
    public bool Allows(Field namespaces, string own, string candidate, string otherwise) =>
        (namespaces["from"].Text is { Length: > 0 } written ? written : otherwise) switch
        {
            "All" => true,
            None => false,
            "Selector" => LabelSelector.SelectsByExpressions(namespaces["selector"], LabelsOf(candidate)),
            _ => candidate == own,
        };

    private Dictionary<string, string> LabelsOf(string ns)
    {
        Resource? found = snapshot.Find(new ResourceKey("", "Namespace", "", ns));
        Dictionary<string, string> labels = found is null ? [] : new(found.Labels, StringComparer.Ordinal);
        labels.TryAdd("kubernetes.io/metadata.name", ns); // every API server sets it
        return labels;
    }
}
