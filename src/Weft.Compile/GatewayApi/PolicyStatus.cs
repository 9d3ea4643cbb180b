using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>
/// Status of one policy on Services: an entry per Gateway whose routes lead to what it targets; one that holds for the mesh too
/// has its Services for ancestors where no Gateway leads. Entries of other controllers stay.
/// </summary>
internal sealed class PolicyStatus(MeshIndex index, GatewayAttachments attachments)
{
    private const int AncestorsMax = 16; // of the API

    /// <summary>Null when no Gateway of ours is concerned.</summary>
    public JsonObject? Of(Resource policy)
    {
        Resource[] ancestors = [.. Concerned(policy).Distinct().OrderBy(g => g.Namespace, StringComparer.Ordinal).ThenBy(g => g.Name, StringComparer.Ordinal)];
        if (ancestors.Length == 0 && policy.Kind == GatewayKinds.BackendTrafficPolicy)
        {
            ancestors = [.. BackendTlsPolicies.Targets(policy).Select(t => index.Snapshot.Find(new ResourceKey("", "Service", policy.Namespace, t.Service))).OfType<Resource>()];
        }
        JsonObject[] own = [.. Entries(policy).Where(IsOurs)];
        if (ancestors.Length + own.Length == 0)
        {
            return null;
        }
        Condition[] conditions = [.. policy.Kind == GatewayKinds.BackendTrafficPolicy ? TrafficConditions(policy) : TlsConditions(policy)];
        IEnumerable<JsonNode> entries = ancestors.Select(g => (JsonNode)new JsonObject
        {
            ["ancestorRef"] = new JsonObject { ["group"] = g.Group, ["kind"] = g.Kind, ["namespace"] = g.Namespace, ["name"] = g.Name },
            ["controllerName"] = index.Options.ControllerName,
            ["conditions"] = Conditions.Merge(
                Array.Find(own, o => o["ancestorRef"]?["name"]?.ToString() == g.Name && o["ancestorRef"]?["namespace"]?.ToString() == g.Namespace)?["conditions"], policy.Generation, conditions),
        });
        JsonObject status = policy.Status?.DeepClone() as JsonObject ?? [];
        status["ancestors"] = new JsonArray([.. entries.Concat(Entries(policy).Where(e => !IsOurs(e)).Select(e => e.DeepClone())).Take(AncestorsMax)]);
        return status;
    }

    private static IEnumerable<JsonObject> Entries(Resource policy) => (policy.Status?["ancestors"] as JsonArray ?? []).OfType<JsonObject>();

    private bool IsOurs(JsonObject entry) => entry["controllerName"]?.ToString() == index.Options.ControllerName;

    private IEnumerable<Resource> Concerned(Resource policy)
    {
        HashSet<string> targets = [.. BackendTlsPolicies.Targets(policy).Select(t => t.Service)];
        return attachments.All.Where(a => a.Accepted && Backends(a.Route).Any(b => b.Namespace == policy.Namespace && targets.Contains(b.Name))).Select(a => a.Gateway);
    }

    private static IEnumerable<(string Namespace, string Name)> Backends(Resource route) => new Field(route.Spec)["rules"].Items.SelectMany(r => r["backendRefs"].Items)
        .Select(RouteBackendRef.Of).Select(b => (b.Namespace.Length > 0 ? b.Namespace : route.Namespace, b.Name));

    private IEnumerable<Condition> TlsConditions(Resource policy)
    {
        BackendTlsConfig config = index.BackendTls.Read(policy);
        Resource? winner = BackendTlsPolicies.Targets(policy).Select(t => index.BackendTls.Winner(policy, t.Service, t.Section)).FirstOrDefault(w => w is not null);
        yield return Untargeted(policy) is { } untargeted ? untargeted
            : winner is not null
            ? new Condition("Accepted", false, "Conflicted", $"{winner} is older and has the same target.")
            : config.IsValid ? new Condition("Accepted", true, "Accepted", "The policy holds.")
            : new Condition("Accepted", false, "NoValidCACertificate", "No certificate of an authority is good: nothing is sent to what the policy targets.");
        yield return new Condition("ResolvedRefs", config.RefsReason == "ResolvedRefs", config.RefsReason, config.RefsReason == "ResolvedRefs" ? "All references are good." : config.Message);
    }

    /// <summary>None of the targets is there, or has the port that the policy names.</summary>
    private Condition? Untargeted(Resource policy)
    {
        (string Service, string Section)[] targets = [.. BackendTlsPolicies.Targets(policy)];
        return Array.Exists(targets, t => index.Snapshot.Find(new ResourceKey("", "Service", policy.Namespace, t.Service)) is { } service
                && (t.Section.Length == 0 || new Field(service.Spec)["ports"].Items.Any(p => p["name"].Text == t.Section)))
            ? null : new Condition("Accepted", false, "TargetNotFound", "No target is a Service of the policy's namespace that has the port sectionName names.");
    }

    private IEnumerable<Condition> TrafficConditions(Resource policy)
    {
        yield return Untargeted(policy) is { } untargeted ? untargeted
            : BackendTlsPolicies.Targets(policy).Select(t => index.BackendTraffic.Winner(policy, t.Service)).FirstOrDefault(w => w is not null) is { } winner
            ? new Condition("Accepted", false, "Conflicted", $"{winner} is older and has the same target.")
            : new Field(policy.Spec)["sessionPersistence"].Exists
            ? new Condition("Accepted", false, "Invalid", "sessionPersistence is acted on in a rule of an HTTPRoute; write it there. The retry constraint holds.")
            : new Condition("Accepted", true, "Accepted", "The policy holds.");
    }
}
