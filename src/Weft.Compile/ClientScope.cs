using System.Collections.Frozen;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>
/// Whose view is asked for: configuration differs by the caller's namespace (exportTo, look-up order), its labels
/// (sourceLabels, selectors) and by whether it is a gateway.
/// </summary>
public sealed class ClientScope(string ns, IReadOnlyDictionary<string, string> labels, bool isGateway = false)
{
    private static readonly FrozenDictionary<string, string> NoLabels = FrozenDictionary<string, string>.Empty;

    public ClientScope(string ns)
        : this(ns, NoLabels)
    {
    }

    public string Namespace => ns;

    public IReadOnlyDictionary<string, string> Labels => labels;

    public bool IsGateway => isGateway;

    /// <summary>The scope of a v1 Pod.</summary>
    public static ClientScope Of(Resource pod) => new(pod.Namespace, pod.Labels, GatewayPods.IsGateway(pod));

    /// <summary>Equal keys see equal configuration.</summary>
    internal string Key => field ??= string.Join('\n', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")
        .Prepend($"{ns} {(isGateway ? "gateway" : "sidecar")}"));
}
