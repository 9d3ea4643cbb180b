using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Status of one route: an entry per parentRef that is ours. Entries of other controllers stay.</summary>
internal sealed class RouteStatus(MeshIndex index, GatewayAttachments attachments)
{
    private const string PartiallyInvalid = "PartiallyInvalid";

    private readonly BackendResolver _gatewayBackends = new(index.Registry, index.Grants, index.Options.ClusterDomain, needsGrant: true);
    private readonly BackendResolver _meshBackends = new(index.Registry, index.Grants, index.Options.ClusterDomain, needsGrant: false);

    /// <summary>Null when no parent is ours.</summary>
    public JsonObject? Of(Resource route)
    {
        List<JsonNode> parents = [];
        int at = 0;
        foreach (Field parent in new Field(route.Spec)["parentRefs"].Items)
        {
            int position = at++;
            bool mesh = ServiceRoutes.IsMeshParent(parent);
            if ((mesh ? MeshAccepted(route, parent) : GatewayAccepted(route, position)) is not { } accepted)
            {
                continue;
            }
            JsonNode? before = Own(route).FirstOrDefault(p => JsonNode.DeepEquals(p["parentRef"], parent.Node))?["conditions"];
            parents.Add(new JsonObject
            {
                ["parentRef"] = parent.Node?.DeepClone(),
                ["controllerName"] = index.Options.ControllerName,
                ["conditions"] = Conditions.Merge(before, route.Generation, ConditionsOf(route, accepted, mesh ? _meshBackends : _gatewayBackends), PartiallyInvalid),
            });
        }
        JsonNode[] others = [.. (route.Status?["parents"] as JsonArray ?? []).OfType<JsonObject>().Where(p => p["controllerName"]?.ToString() != index.Options.ControllerName).Select(p => p.DeepClone())];
        if (parents.Count == 0 && !Own(route).Any())
        {
            return null;
        }
        JsonObject status = route.Status?.DeepClone() as JsonObject ?? [];
        status["parents"] = new JsonArray([.. parents, .. others]);
        return status;
    }

    private static Condition[] ConditionsOf(Resource route, Condition accepted, BackendResolver backends) =>
        RouteRules.PartiallyInvalid(route) is { } partly && accepted.IsTrue ? [accepted, Resolved(route, backends), partly] : [accepted, Resolved(route, backends)];

    private IEnumerable<JsonObject> Own(Resource route) =>
        (route.Status?["parents"] as JsonArray ?? []).OfType<JsonObject>().Where(p => p["controllerName"]?.ToString() == index.Options.ControllerName);

    private Condition? GatewayAccepted(Resource route, int position) =>
        attachments.All.FirstOrDefault(a => a.Route == route && a.ParentIndex == position) is { } attachment
            ? new Condition("Accepted", attachment.Accepted, attachment.Reason, attachment.Message) : null;

    private Condition MeshAccepted(Resource route, Field parent)
    {
        string ns = parent["namespace"].Text is { Length: > 0 } other ? other : route.Namespace;
        bool core = parent["kind"].Text == "Service";
        Resource? service = index.Snapshot.Find(new ResourceKey(core ? "" : IstioKinds.Networking, parent["kind"].Text, ns, parent["name"].Text));
        if (service is null)
        {
            return new Condition("Accepted", false, "NoMatchingParent", $"{parent["kind"].Text} {ns}/{parent["name"].Text} does not exist.");
        }
        (uint, string)[] ports = [.. new Field(service.Spec)["ports"].Items.Select(p => (p["port"].Number ?? p["number"].Number ?? 0, p["name"].Text)).Where(p => ServiceRoutes.Means(parent, p.Item1, p.Item2))];
        if (ports.Length == 0 && (parent["port"].Exists || parent["sectionName"].Exists))
        {
            return new Condition("Accepted", false, "NoMatchingParent", $"{service.Kind} {ns}/{service.Name} has no port {parent["port"].Text} {parent["sectionName"].Text}".TrimEnd() + ".");
        }
        if (RouteRules.Refusal(route) is { } refusal)
        {
            return new Condition("Accepted", false, refusal.Reason, refusal.Message);
        }
        return index.GatewayRoutes.Rival(route, service, ports) is { } rival
            ? new Condition("Accepted", false, "Conflicted", $"{rival} is attached to the same port, and {rival.Kind} comes before {route.Kind}.")
            : new Condition("Accepted", true, "Accepted", "Route was accepted.");
    }

    private static Condition Resolved(Resource route, BackendResolver resolver)
    {
        foreach (Field rule in new Field(route.Spec)["rules"].Items)
        {
            foreach (Field reference in rule["backendRefs"].Items.Concat(rule["filters"].Items.Select(f => f["requestMirror"]["backendRef"])).Where(r => r.Exists))
            {
                if (resolver.Resolve(route, RouteBackendRef.Of(reference)) is { IsGood: false } bad)
                {
                    return new Condition("ResolvedRefs", false, bad.Reason, bad.Message);
                }
            }
        }
        return new Condition("ResolvedRefs", true, "ResolvedRefs", "All references are good.");
    }
}
