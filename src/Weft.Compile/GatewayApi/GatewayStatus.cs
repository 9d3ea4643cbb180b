using System.Text.Json.Nodes;
using Weft.Compile.Registry;
using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Status of one Gateway: conditions, addresses, and per listener its conditions, kinds and attached routes.</summary>
internal sealed class GatewayStatus(MeshIndex index, GatewayAttachments attachments)
{
    private const string AddressKind = "IPAddress";

    private readonly ListenerStatus _listeners = new(attachments);
    private readonly ListenerJudge _judge = new(index);

    public JsonObject Of(Resource gateway)
    {
        JsonObject status = gateway.Status?.DeepClone() as JsonObject ?? [];
        ListenerVerdict[] own = [.. attachments.Gateways.Verdicts(gateway).Where(v => v.Listener.Owner == gateway)];
        status["listeners"] = new JsonArray([.. own.Select(v => (JsonNode)_listeners.Of(gateway, v))]);
        string[] addresses = [.. Addresses(gateway)];
        Condition accepted = Accepted(gateway, own);
        Condition programmed = Programmed(gateway, accepted, addresses);
        List<Condition> conditions = [accepted, programmed, References(gateway, own)];
        if (FrontendValidation.IsInsecure(gateway))
        {
            conditions.Add(new Condition("InsecureFrontendValidationMode", true, "ConfigurationChanged", "Clients are let in whose certificate does not hold: AllowInsecureFallback."));
        }
        status["conditions"] = Conditions.Merge(gateway.Status?["conditions"], gateway.Generation, [.. conditions], "InsecureFrontendValidationMode");
        status["attachedListenerSets"] = attachments.Gateways.SetsOf(gateway).Count(s => s.Allowed && ListenerSetStatus.HasGoodListener(attachments.Gateways, s));
        string[] wanted = [.. Wanted(gateway)];
        string[] shown = wanted.Length > 0 ? [.. addresses.Intersect(wanted)] : addresses;
        if (shown.Length > 0)
        {
            status["addresses"] = new JsonArray([.. shown.Select(a => (JsonNode)new JsonObject { ["type"] = AddressKind, ["value"] = a })]);
        }
        else
        {
            status.Remove("addresses");
        }
        return status;
    }

    private static Condition Accepted(Resource gateway, ListenerVerdict[] listeners)
    {
        Field spec = new(gateway.Spec);
        if (spec["infrastructure"]["parametersRef"].Exists)
        {
            Field reference = spec["infrastructure"]["parametersRef"];
            return new Condition("Accepted", false, "InvalidParameters", $"infrastructure.parametersRef names {reference["kind"].Text} {reference["name"].Text}; Weft takes no parameters there.");
        }
        if (spec["addresses"].Items.FirstOrDefault(a => a["type"].Exists && a["type"].Text != AddressKind) is { Exists: true } odd)
        {
            return new Condition("Accepted", false, "UnsupportedAddress", $"An address of type {odd["type"].Text} cannot be bound; use {AddressKind}.");
        }
        bool any = listeners.Any(v => v.Accepted);
        bool all = listeners.All(v => v.Accepted);
        return new Condition("Accepted", any, all ? "Accepted" : "ListenersNotValid", all ? "The Gateway is served." : "Some listeners are not valid; see their conditions.");
    }

    private static Condition Programmed(Resource gateway, Condition accepted, string[] addresses)
    {
        if (!accepted.IsTrue)
        {
            return new Condition("Programmed", false, "Invalid", "The Gateway is not accepted.");
        }
        if (Wanted(gateway).Except(addresses).FirstOrDefault() is { } missing)
        {
            return new Condition("Programmed", false, "AddressNotUsable", $"No gateway workload has the address {missing}.");
        }
        return addresses.Length > 0
            ? new Condition("Programmed", true, "Programmed", "Proxies have its configuration.")
            : new Condition("Programmed", false, "AddressNotAssigned", "No gateway workload serves it; `weft up` starts one.");
    }

    private Condition References(Resource gateway, ListenerVerdict[] listeners)
    {
        Field reference = new Field(gateway.Spec)["tls"]["backend"]["clientCertificateRef"];
        if (reference.Exists && _judge.Secret(gateway, reference, "InvalidClientCertificateRef") is { } wrong)
        {
            return new Condition("ResolvedRefs", false, wrong.Reason, wrong.Message);
        }
        return listeners.All(v => v.Resolved)
            ? new Condition("ResolvedRefs", true, "ResolvedRefs", "All references are good.")
            : new Condition("ResolvedRefs", false, "ListenersNotResolved", "Some listeners have references that are not good; see their conditions.");
    }

    /// <summary>An address without a value leaves the choice to us.</summary>
    private static IEnumerable<string> Wanted(Resource gateway) => new Field(gateway.Spec)["addresses"].Items.Select(a => a["value"].Text).Where(a => a.Length > 0);

    /// <summary>Where its workloads are that run.</summary>
    private IEnumerable<string> Addresses(Resource gateway)
    {
        WorkloadIndex workloads = index.Registry.Workloads;
        Resource[] pods = [.. workloads.Pods.Where(GatewayPods.IsGateway)];
        Resource[] own = [.. pods.Where(p => p.Namespace == gateway.Namespace && p.Labels.GetValueOrDefault(GatewayPods.NameLabel, "") == gateway.Name)];
        return (own.Length > 0 ? own : pods.Where(p => !p.Labels.ContainsKey(GatewayPods.NameLabel)))
            .Select(p => workloads.Pod($"{p.Namespace}/{p.Name}")).OfType<WorkloadConfig>().Where(w => w.Ready)
            .Select(w => w.Address).Where(a => a.Length > 0).Order(StringComparer.Ordinal);
    }
}
