using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Status of one ListenerSet: whether its Gateway takes it, and its listeners as a Gateway's.</summary>
internal sealed class ListenerSetStatus(GatewayAttachments attachments)
{
    private readonly ListenerStatus _listeners = new(attachments);

    public static bool HasGoodListener(GatewayIndex gateways, ListenerSetConfig set) => gateways.Verdicts(set.Gateway).Any(v => v.Listener.Owner == set.Set && v.Programmed);

    public JsonObject Of(ListenerSetConfig set)
    {
        Resource resource = set.Set;
        JsonObject status = resource.Status?.DeepClone() as JsonObject ?? [];
        ListenerVerdict[] verdicts = [.. attachments.Gateways.Verdicts(set.Gateway).Where(v => v.Listener.Owner == resource)];
        bool good = HasGoodListener(attachments.Gateways, set);
        string bad = set.Allowed ? "ListenersNotValid" : "NotAllowed";
        string why = set.Allowed ? "No listener is valid; see their conditions." : $"Gateway {set.Gateway.Namespace}/{set.Gateway.Name} takes no ListenerSet of namespace {resource.Namespace}: see its allowedListeners.";
        bool all = good && verdicts.All(v => v.Programmed);
        status["conditions"] = Conditions.Merge(resource.Status?["conditions"], resource.Generation,
            new Condition("Accepted", good, good ? all ? "Accepted" : "ListenersNotValid" : bad, good ? all ? "The listeners are served." : "Some listeners are not valid; see their conditions." : why),
            new Condition("Programmed", good, good ? "Programmed" : bad, good ? "Proxies have its configuration." : why));
        if (set.Allowed)
        {
            status["listeners"] = new JsonArray([.. verdicts.Select(v => (JsonNode)_listeners.Of(resource, v))]);
        }
        else
        {
            status.Remove("listeners");
        }
        return status;
    }
}
