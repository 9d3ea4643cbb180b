namespace Weft.Telemetry.Metrics;

/// <summary>One end of an edge, as metrics, access log and the control plane name it.</summary>
/// <remarks>Made when a configuration compiles or a connection starts; the principal comes from a TLS handshake only.</remarks>
public sealed record Party(string Workload, string Namespace, string Principal, string App, string Version, string Service, string Revision)
{
    private const string UnknownText = "unknown";

    public static Party Unknown { get; } = new(UnknownText, UnknownText, UnknownText, UnknownText, UnknownText, UnknownText, UnknownText);

    /// <summary>A peer of which only the certificate is known.</summary>
    public static Party FromIdentity(SpiffeId id) =>
        Unknown with { Namespace = id.Namespace, Principal = id.Text, Service = id.ServiceAccount };

    /// <summary>A workload by its labels, in Istio's order of preference.</summary>
    public static Party FromLabels(string workload, string ns, string principal, IReadOnlyDictionary<string, string> labels)
    {
        string app = Label(labels, "app", "app.kubernetes.io/name") ?? UnknownText;
        string version = Label(labels, "version", "app.kubernetes.io/version") ?? UnknownText;
        string service = Label(labels, "service.istio.io/canonical-name") ?? (app == UnknownText ? workload : app);
        string revision = Label(labels, "service.istio.io/canonical-revision") ?? (version == UnknownText ? "latest" : version);
        return new Party(workload, ns, principal.Length == 0 ? UnknownText : principal, app, version, service, revision);
    }

    private static string? Label(IReadOnlyDictionary<string, string> labels, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (labels.TryGetValue(name, out string? value) && value.Length > 0)
            {
                return value;
            }
        }

        return null;
    }
}
