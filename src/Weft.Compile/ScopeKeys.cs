using Weft.Dialects.Fields;
using Weft.Dialects.Istio;

namespace Weft.Compile;

/// <summary>
/// Which clients share answers. Labels of a client matter only where some resource looks at them, so that ten thousand
/// pods of one namespace usually have one key.
/// </summary>
internal sealed class ScopeKeys
{
    private readonly string[] _labels;

    public ScopeKeys(MeshIndex index)
    {
        HashSet<string> labels = new(StringComparer.Ordinal);
        labels.UnionWith(index.DestinationRules.SelectorLabels);
        labels.UnionWith(index.Sidecars.SelectorLabels);
        foreach (VirtualServiceConfig service in index.VirtualServices.All)
        {
            foreach (string list in new[] { "http", "tcp", "tls" })
            {
                labels.UnionWith(service.Spec[list].Items.SelectMany(r => r["match"].Items).SelectMany(m => m["sourceLabels"].Entries).Select(l => l.Key));
            }
        }
        _labels = [.. labels.Order(StringComparer.Ordinal)];
    }

    /// <summary>A gateway is picked by selectors over all its labels.</summary>
    public string Of(ClientScope scope) => scope.IsGateway
        ? scope.Key
        : _labels.Aggregate(scope.Namespace, (key, label) => scope.Labels.TryGetValue(label, out string? value) ? $"{key}\n{label}={value}" : key);
}
