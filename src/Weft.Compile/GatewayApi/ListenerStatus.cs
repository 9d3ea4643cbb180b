using System.Text.Json.Nodes;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>One entry of status.listeners, of a Gateway or a ListenerSet.</summary>
internal sealed class ListenerStatus(GatewayAttachments attachments)
{
    private const string Overlapping = "OverlappingTLSConfig";

    public JsonObject Of(Resource owner, ListenerVerdict verdict)
    {
        ListenerConfig listener = verdict.Listener;
        JsonNode? before = (owner.Status?["listeners"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(l => l["name"]?.ToString() == listener.Name)?["conditions"];
        List<Condition> conditions =
        [
            new Condition("Accepted", verdict.Accepted, verdict.AcceptedReason, Why(verdict)),
            new Condition("Conflicted", verdict.Conflicted, verdict.ConflictReason, verdict.Conflicted ? "Another listener cannot be told apart from it." : "No conflicts."),
            new Condition("ResolvedRefs", verdict.Resolved, verdict.RefsReason, verdict.Resolved ? "All references are good." : verdict.RefsMessage),
        ];
        string programmed = verdict.Programmed ? "Programmed" : verdict.Conflicted ? verdict.ConflictReason : "Invalid";
        conditions.Add(new Condition("Programmed", verdict.Programmed, programmed, verdict.Programmed ? "Proxies have its configuration." : "The listener is not valid."));
        if (Overlaps(listener) is { Length: > 0 } others)
        {
            conditions.Add(new Condition(Overlapping, true, "OverlappingHostnames", $"Its hostname overlaps with that of {string.Join(", ", others)}: requests on a connection made for another name are answered 421."));
        }
        return new JsonObject
        {
            ["name"] = listener.Name,
            ["supportedKinds"] = new JsonArray([.. verdict.Kinds.Select(k => (JsonNode)new JsonObject { ["group"] = GatewayKinds.Group, ["kind"] = k })]),
            ["attachedRoutes"] = attachments.At(listener).Select(a => a.Route.Key).Distinct().Count(),
            ["conditions"] = Conditions.Merge(before, owner.Generation, [.. conditions], Overlapping),
        };
    }

    /// <summary>
    /// A client that came for one name may send requests for another on the same connection when a certificate covers both: listeners of
    /// one port whose names overlap. Those requests are answered 421.
    /// </summary>
    private string[] Overlaps(ListenerConfig listener) => !listener.Terminates ? [] : [.. attachments.Gateways.Verdicts(listener.Gateway).Select(v => v.Listener)
        .Where(o => !o.Is(listener) && o.Terminates && o.Port == listener.Port && o.Pattern != listener.Pattern && HostNames.Intersect(o.Pattern, listener.Pattern) is not null)
        .Select(o => o.FullName)];

    private static string Why(ListenerVerdict verdict) => verdict.AcceptedReason switch
    {
        "Accepted" => "The listener is served.",
        "UnsupportedProtocol" => $"Protocol {verdict.Listener.Protocol} is not served; use HTTP, HTTPS, TLS or TCP.",
        "NoValidCACertificate" => "Client certificates are asked for and there is no good authority to compare them with.",
        _ => "Another listener of the port has the same hostname, or a protocol that cannot share the port.",
    };
}
