using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>A listener of a Gateway as written.</summary>
internal sealed record ListenerConfig(Resource Gateway, int Index, string Name, uint Port, string Protocol, string Hostname, Field Source)
{
    public bool IsHttp => Protocol is "HTTP" or "HTTPS";
}

/// <summary>One parentRef of one route and what became of it.</summary>
/// <param name="Listeners">Where the route is served, with the host names it has there.</param>
/// <param name="Reason">Of the Accepted condition.</param>
internal sealed record Attachment(Resource Route, Field Parent, int ParentIndex, Resource Gateway, IReadOnlyList<(ListenerConfig Listener, IReadOnlyList<string> Hosts)> Listeners, string Reason, string Message)
{
    public bool Accepted => Listeners.Count > 0;
}

/// <summary>Which Gateways Weft answers for, and which routes are attached to which of their listeners.</summary>
internal sealed class GatewayAttachments
{
    private readonly MeshIndex _index;
    private readonly Dictionary<(string, string), Resource> _gateways = [];
    private readonly List<Attachment> _all = [];

    public GatewayAttachments(MeshIndex index)
    {
        _index = index;
        foreach (Resource gateway in index.Snapshot.OfKind(GatewayKinds.Group, "Gateway").Where(IsOurs))
        {
            _gateways[(gateway.Namespace, gateway.Name)] = gateway;
        }
        foreach (string kind in new[] { GatewayKinds.HttpRoute, GatewayKinds.GrpcRoute })
        {
            foreach (Resource route in index.Snapshot.OfKind(GatewayKinds.Group, kind))
            {
                Attach(route);
            }
        }
    }

    public IEnumerable<Resource> Gateways => _gateways.Values;

    public IReadOnlyList<Attachment> All => _all;

    public static IEnumerable<ListenerConfig> Listeners(Resource gateway) => new Field(gateway.Spec, FieldPath.Root.Child("spec"))["listeners"].Items
        .Select((l, i) => new ListenerConfig(gateway, i, l["name"].Text, l["port"].Number ?? 0, l["protocol"].Text, l["hostname"].Text.ToLowerInvariant(), l));

    /// <summary>The classes `weft` and `istio` exist even where nobody wrote them.</summary>
    public bool IsOurs(Resource gateway) => IsOurClass(new Field(gateway.Spec)["gatewayClassName"].Text);

    public bool IsOurClass(string name)
    {
        Resource? written = _index.Snapshot.Find(new ResourceKey(GatewayKinds.Group, "GatewayClass", "", name));
        return written is null ? name is "weft" or "istio" : IsOurController(new Field(written.Spec)["controllerName"].Text);
    }

    public bool IsOurController(string name) => name == _index.Options.ControllerName || name == "istio.io/gateway-controller";

    private void Attach(Resource route)
    {
        int at = 0;
        foreach (Field parent in new Field(route.Spec, FieldPath.Root.Child("spec"))["parentRefs"].Items)
        {
            int index = at++;
            bool isGateway = (!parent["kind"].Exists || parent["kind"].Text == "Gateway") && (!parent["group"].Exists || parent["group"].Text == GatewayKinds.Group);
            string ns = parent["namespace"].Text is { Length: > 0 } other ? other : route.Namespace;
            if (isGateway && _gateways.TryGetValue((ns, parent["name"].Text), out Resource? gateway))
            {
                _all.Add(Attach(route, parent, index, gateway));
            }
        }
    }

    private Attachment Attach(Resource route, Field parent, int at, Resource gateway)
    {
        ListenerConfig[] named = [.. Listeners(gateway).Where(l =>
            (!parent["sectionName"].Exists || parent["sectionName"].Text == l.Name) && (!parent["port"].Exists || parent["port"].Number == l.Port))];
        if (named.Length == 0)
        {
            return new Attachment(route, parent, at, gateway, [], "NoMatchingParent", "No listener of the Gateway has that sectionName and port.");
        }
        ListenerConfig[] allowed = [.. named.Where(l => AllowsKind(l, route) && AllowsNamespace(l, route))];
        if (allowed.Length == 0)
        {
            return new Attachment(route, parent, at, gateway, [], "NotAllowedByListeners", $"allowedRoutes of the Gateway's listeners leave out {route.Kind} of namespace {route.Namespace}.");
        }
        (ListenerConfig, IReadOnlyList<string>)[] served = [.. allowed.Select(l => (l, Hosts(l, route))).Where(l => l.Item2.Count > 0)];
        return served.Length > 0
            ? new Attachment(route, parent, at, gateway, served, "Accepted", "Route was accepted.")
            : new Attachment(route, parent, at, gateway, [], "NoMatchingListenerHostname", "None of the route's hostnames lies within a listener's hostname.");
    }

    private static bool AllowsKind(ListenerConfig listener, Resource route)
    {
        Field kinds = listener.Source["allowedRoutes"]["kinds"];
        return listener.IsHttp && (kinds.Count == 0
            || kinds.Items.Any(k => k["kind"].Text == route.Kind && (!k["group"].Exists || k["group"].Text == GatewayKinds.Group)));
    }

    private bool AllowsNamespace(ListenerConfig listener, Resource route)
    {
        Field namespaces = listener.Source["allowedRoutes"]["namespaces"];
        return namespaces["from"].Text switch
        {
            "All" => true,
            "None" => false,
            "Selector" => LabelSelector.SelectsByExpressions(namespaces["selector"], NamespaceLabels(route.Namespace)),
            _ => route.Namespace == listener.Gateway.Namespace,
        };
    }

    private Dictionary<string, string> NamespaceLabels(string ns)
    {
        Resource? found = _index.Snapshot.Find(new ResourceKey("", "Namespace", "", ns));
        Dictionary<string, string> labels = found is null ? [] : new(found.Labels, StringComparer.Ordinal);
        labels.TryAdd("kubernetes.io/metadata.name", ns); // every API server sets it
        return labels;
    }

    /// <summary>The narrower of each pair; an empty name on either side is any.</summary>
    private static IReadOnlyList<string> Hosts(ListenerConfig listener, Resource route)
    {
        string own = listener.Hostname.Length > 0 ? listener.Hostname : "*";
        string[] wanted = [.. new Field(route.Spec)["hostnames"].Texts.Select(h => h.ToLowerInvariant())];
        return wanted.Length == 0 ? [own] : [.. wanted.Select(h => HostNames.Intersect(h, own)).OfType<string>().Distinct()];
    }
}
