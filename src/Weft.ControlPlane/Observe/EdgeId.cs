using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>A node of the map: one version of one application. Pods of it are one node, so the map stays readable at any scale.</summary>
/// <param name="App">The label "app", or the workload's name where there is none.</param>
internal readonly record struct MapNode(string Namespace, string App, string Version)
{
    private const string Unknown = "unknown";

    /// <summary>Callers without an identity: from outside the mesh.</summary>
    public static readonly MapNode Outside = new("", "outside", "");

    public bool IsOutside => Namespace.Length == 0;

    public string Name => Version.Length == 0 ? App : $"{App}-{Version}";

    public string Id => IsOutside ? App : $"{Namespace}/{Name}";

    public static MapNode Of(Party? party, string fallbackService)
    {
        if (party is null || Known(party.Namespace).Length == 0)
        {
            return fallbackService.Length == 0 ? Outside : OfService(fallbackService);
        }

        string app = Known(party.App);
        return app.Length > 0
            ? new MapNode(party.Namespace, app, Known(party.Version))
            : Known(party.Workload).Length > 0 ? new MapNode(party.Namespace, BareName(party.Workload), "")
            : fallbackService.Length > 0 ? OfService(fallbackService)
            : new MapNode(party.Namespace, AccountOf(party.Principal), "");
    }

    /// <summary>A destination that nobody answered for: the request never reached a workload.</summary>
    private static MapNode OfService(string service) => service.Split('.') is [var name, var ns, "svc", ..]
        ? new MapNode(ns, name, "")
        : new MapNode("external", service, "");

    public static string Known(string text) => text is Unknown ? "" : text;

    private static string BareName(string workload) => workload[(workload.LastIndexOf('/') + 1)..];

    private static string AccountOf(string principal) =>
        principal.LastIndexOf("/sa/", StringComparison.Ordinal) is >= 0 and int at ? principal[(at + 4)..] : "unnamed";
}

/// <summary>Who calls whom through which service.</summary>
internal readonly record struct EdgeId(MapNode Source, MapNode Destination, string Service, uint Port, string Protocol);
