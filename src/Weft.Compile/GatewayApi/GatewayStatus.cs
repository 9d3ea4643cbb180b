using System.Text.Json.Nodes;
using Weft.Compile.Registry;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Status of one Gateway: conditions, addresses, and per listener its conditions, kinds and attached routes.</summary>
internal sealed class GatewayStatus(MeshIndex index, GatewayAttachments attachments)
{
    private static readonly string[] Served = [GatewayKinds.HttpRoute, GatewayKinds.GrpcRoute];

    public JsonObject Of(Resource gateway)
    {
        JsonObject status = gateway.Status?.DeepClone() as JsonObject ?? [];
        ListenerConfig[] listeners = [.. GatewayAttachments.Listeners(gateway)];
        ListenerVerdict[] verdicts = [.. listeners.Select(l => Judge(l, listeners))];
        status["listeners"] = new JsonArray([.. verdicts.Select(v => (JsonNode)Listener(gateway, v))]);
        string[] addresses = [.. Addresses(gateway)];
        bool any = verdicts.Any(v => v.Accepted);
        bool all = verdicts.All(v => v.Accepted);
        status["conditions"] = Conditions.Merge(gateway.Status?["conditions"], gateway.Generation,
            new Condition("Accepted", any, all ? "Accepted" : "ListenersNotValid", all ? "The Gateway is served." : "Some listeners are not valid; see their conditions."),
            new Condition("Programmed", any, any ? "Programmed" : "Invalid", any ? "Proxies have its configuration." : "No listener is valid."));
        if (addresses.Length > 0)
        {
            status["addresses"] = new JsonArray([.. addresses.Select(a => (JsonNode)new JsonObject { ["type"] = "IPAddress", ["value"] = a })]);
        }
        return status;
    }

    private JsonObject Listener(Resource gateway, ListenerVerdict verdict)
    {
        ListenerConfig listener = verdict.Listener;
        JsonNode? before = (gateway.Status?["listeners"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(l => l["name"]?.ToString() == listener.Name)?["conditions"];
        bool resolved = verdict.RefsReason == "ResolvedRefs";
        return new JsonObject
        {
            ["name"] = listener.Name,
            ["supportedKinds"] = new JsonArray([.. verdict.Kinds.Select(k => (JsonNode)new JsonObject { ["group"] = GatewayKinds.Group, ["kind"] = k })]),
            ["attachedRoutes"] = attachments.All.Where(a => a.Gateway == gateway && a.Listeners.Any(l => l.Listener.Index == listener.Index)).Select(a => a.Route.Key).Distinct().Count(),
            ["conditions"] = Conditions.Merge(before, gateway.Generation,
                new Condition("Accepted", verdict.Accepted, verdict.AcceptedReason, verdict.Accepted ? "The listener is served." : $"Protocol {listener.Protocol} is not served, or the listener conflicts with another."),
                new Condition("Conflicted", verdict.ConflictReason != "NoConflicts", verdict.ConflictReason, verdict.ConflictReason == "NoConflicts" ? "No conflicts." : "Another listener has the same port, protocol and hostname."),
                new Condition("ResolvedRefs", resolved, verdict.RefsReason, resolved ? "All references are good." : verdict.RefsMessage),
                new Condition("Programmed", verdict.Accepted && resolved, verdict.Accepted && resolved ? "Programmed" : "Invalid", verdict.Accepted && resolved ? "Proxies have its configuration." : "The listener is not valid.")),
        };
    }

    private ListenerVerdict Judge(ListenerConfig listener, ListenerConfig[] all)
    {
        bool protocol = all.Any(l => l.Index != listener.Index && l.Port == listener.Port && l.Protocol != listener.Protocol);
        bool hostname = all.Any(l => l.Index != listener.Index && l.Port == listener.Port && l.Protocol == listener.Protocol && l.Hostname == listener.Hostname);
        string conflict = protocol ? "ProtocolConflict" : hostname ? "HostnameConflict" : "NoConflicts";
        string accepted = !listener.IsHttp ? "UnsupportedProtocol" : conflict != "NoConflicts" ? conflict : "Accepted";
        Field kinds = listener.Source["allowedRoutes"]["kinds"];
        string[] wanted = [.. kinds.Items.Where(k => !k["group"].Exists || k["group"].Text == GatewayKinds.Group).Select(k => k["kind"].Text)];
        string[] supported = !listener.IsHttp ? [] : kinds.Count == 0 ? Served : [.. wanted.Where(Served.Contains)];
        bool badKinds = kinds.Count > 0 && supported.Length < kinds.Count;
        (string reason, string message) = badKinds ? ("InvalidRouteKinds", "allowedRoutes.kinds names kinds that a listener of this protocol does not take.") : Certificates(listener);
        return new ListenerVerdict(listener, accepted, conflict, supported, reason, message);
    }

    private (string Reason, string Message) Certificates(ListenerConfig listener)
    {
        foreach (Field reference in listener.Protocol == "HTTPS" ? listener.Source["tls"]["certificateRefs"].Items : [])
        {
            string ns = reference["namespace"].Text is { Length: > 0 } other ? other : listener.Gateway.Namespace;
            string name = reference["name"].Text;
            if ((reference["kind"].Exists && reference["kind"].Text != "Secret") || (reference["group"].Exists && reference["group"].Text.Length > 0))
            {
                return ("InvalidCertificateRef", $"{reference["kind"].Text} {name} is not a Secret.");
            }
            if (!index.Grants.Allows(listener.Gateway, "", "Secret", ns, name))
            {
                return ("RefNotPermitted", $"No ReferenceGrant in {ns} allows Secret {name}.");
            }
            if (CredentialReader.Read(index.Snapshot, $"{ns}/{name}") is not { } credential || !credential.CertificatePem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal) || !credential.PrivateKeyPem.Contains("PRIVATE KEY", StringComparison.Ordinal))
            {
                return ("InvalidCertificateRef", $"Secret {ns}/{name} does not exist or holds no certificate and key.");
            }
        }
        return ("ResolvedRefs", "");
    }

    /// <summary>Where its workloads are.</summary>
    private IEnumerable<string> Addresses(Resource gateway)
    {
        WorkloadIndex workloads = index.Registry.Workloads;
        Resource[] pods = [.. workloads.Pods.Where(GatewayPods.IsGateway)];
        Resource[] own = [.. pods.Where(p => p.Namespace == gateway.Namespace && p.Labels.GetValueOrDefault(GatewayPods.NameLabel, "") == gateway.Name)];
        return (own.Length > 0 ? own : pods.Where(p => !p.Labels.ContainsKey(GatewayPods.NameLabel)))
            .Select(p => workloads.Pod($"{p.Namespace}/{p.Name}")?.Address ?? "").Where(a => a.Length > 0).Order(StringComparer.Ordinal);
    }

    private sealed record ListenerVerdict(ListenerConfig Listener, string AcceptedReason, string ConflictReason, IReadOnlyList<string> Kinds, string RefsReason, string RefsMessage)
    {
        public bool Accepted => AcceptedReason == "Accepted";
    }
}
