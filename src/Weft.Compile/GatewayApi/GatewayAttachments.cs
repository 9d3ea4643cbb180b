using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>One parentRef of one route and what became of it.</summary>
/// <param name="Listeners">Where the route is served, with the host names it has there.</param>
/// <param name="Reason">Of the Accepted condition.</param>
internal sealed record Attachment(Resource Route, Field Parent, int ParentIndex, Resource Gateway, IReadOnlyList<(ListenerConfig Listener, IReadOnlyList<string> Hosts)> Listeners, string Reason, string Message)
{
    public bool Accepted => Listeners.Count > 0;
}

/// <summary>Which routes are attached to which listeners of which Gateways and ListenerSets.</summary>
internal sealed class GatewayAttachments
{
    private readonly GatewayIndex _gateways;
    private readonly NamespaceRule _namespaces;
    private readonly List<Attachment> _all = [];

    public GatewayAttachments(MeshIndex index)
    {
        _gateways = new GatewayIndex(index);
        _namespaces = new NamespaceRule(index.Snapshot);
        foreach (string kind in GatewayKinds.Routes)
        {
            foreach (Resource route in index.Snapshot.OfKind(GatewayKinds.Group, kind))
            {
                Attach(route);
            }
        }
    }

    public GatewayIndex Gateways => _gateways;

    public IReadOnlyList<Attachment> All => _all;

    /// <summary>The routes of a listener with their hosts there.</summary>
    public IEnumerable<(Resource Route, IReadOnlyList<string> Hosts)> At(ListenerConfig listener) => _all.Where(a => a.Gateway == listener.Gateway)
        .SelectMany(a => a.Listeners.Where(l => l.Listener.Is(listener)).Select(l => (a.Route, l.Hosts)));

    private void Attach(Resource route)
    {
        int at = 0;
        foreach (Field parent in new Field(route.Spec, FieldPath.Root.Child("spec"))["parentRefs"].Items)
        {
            int position = at++;
            string ns = parent["namespace"].Text is { Length: > 0 } other ? other : route.Namespace;
            if (GatewayIndex.IsReferenceTo(parent, GatewayKinds.Gateway) && _gateways.Gateway(ns, parent["name"].Text) is { } gateway)
            {
                _all.Add(Attach(route, parent, position, gateway, [.. ListenerConfig.Of(gateway, gateway)]));
            }
            else if (GatewayIndex.IsReferenceTo(parent, GatewayKinds.ListenerSet) && _gateways.Set(ns, parent["name"].Text) is { } set)
            {
                _all.Add(set.Allowed
                    ? Attach(route, parent, position, set.Gateway, [.. ListenerConfig.Of(set.Gateway, set.Set)])
                    : new Attachment(route, parent, position, set.Gateway, [], "NoMatchingParent", "The Gateway's allowedListeners leaves the ListenerSet out."));
            }
        }
    }

    private Attachment Attach(Resource route, Field parent, int at, Resource gateway, ListenerConfig[] listeners)
    {
        ListenerConfig[] named = [.. listeners.Where(l =>
            (!parent["sectionName"].Exists || parent["sectionName"].Text == l.Name) && (!parent["port"].Exists || parent["port"].Number == l.Port))];
        if (named.Length == 0)
        {
            return new Attachment(route, parent, at, gateway, [], "NoMatchingParent", "No listener of the parent has that sectionName and port.");
        }
        ListenerConfig[] allowed = [.. named.Where(l => AllowsKind(l, route) && AllowsNamespace(l, route))];
        if (allowed.Length == 0)
        {
            return new Attachment(route, parent, at, gateway, [], "NotAllowedByListeners", $"The parent's listeners take no {route.Kind} of namespace {route.Namespace}: see their protocol and allowedRoutes.");
        }
        (ListenerConfig, IReadOnlyList<string>)[] served = [.. allowed.Select(l => (l, Hosts(l, route))).Where(l => l.Item2.Count > 0)];
        if (served.Length == 0)
        {
            return new Attachment(route, parent, at, gateway, [], "NoMatchingListenerHostname", "None of the route's hostnames lies within a listener's hostname.");
        }
        return RouteRules.Refusal(route) is { } refusal
            ? new Attachment(route, parent, at, gateway, [], refusal.Reason, refusal.Message)
            : new Attachment(route, parent, at, gateway, served, "Accepted", "Route was accepted.");
    }

    private static bool AllowsKind(ListenerConfig listener, Resource route)
    {
        Field kinds = listener.Source["allowedRoutes"]["kinds"];
        return listener.Kinds.Contains(route.Kind) && (kinds.Count == 0
            || kinds.Items.Any(k => k["kind"].Text == route.Kind && (!k["group"].Exists || k["group"].Text == GatewayKinds.Group)));
    }

    private bool AllowsNamespace(ListenerConfig listener, Resource route) =>
        _namespaces.Allows(listener.Source["allowedRoutes"]["namespaces"], listener.Owner.Namespace, route.Namespace, NamespaceRule.Same);

    /// <summary>The narrower of each pair; an empty name on either side is any.</summary>
    private static IReadOnlyList<string> Hosts(ListenerConfig listener, Resource route)
    {
        string[] wanted = [.. new Field(route.Spec)["hostnames"].Texts.Select(h => h.ToLowerInvariant())];
        return wanted.Length == 0 ? [listener.Pattern] : [.. wanted.Select(h => HostNames.Intersect(h, listener.Pattern)).OfType<string>().Distinct()];
    }
}
