using System.Text.Json.Nodes;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Authorization;

namespace Weft.Cli.Explain;

/// <summary>The server's side: mutual TLS between the two, the token, the authorization policies of the workload that would be picked.</summary>
internal sealed class ExplainServer(CompiledMesh mesh, ExplainRequest request, ExplainFacts? facts)
{
    private const int PlaintextStatus = 503;
    private const int DeniedStatus = 403;

    /// <param name="clientWorkload">Null for a gateway.</param>
    public ExplainResult Judge(ExplainResult result, ExplainCaller caller, Cluster cluster, EndpointSet? endpoints, string? clientWorkload)
    {
        // Where the client dialled, nobody is known to be a peer, whoever else serves the cluster.
        bool isDialled = cluster.Balancer?.Kind == Balancer.Types.Kind.OriginalDestination;
        Endpoint? endpoint = isDialled ? null : endpoints?.Endpoints.FirstOrDefault(e => !e.Draining);
        Workload? workload = endpoint is { Workload.Length: > 0, PeerProtocol.Length: > 0 } ? mesh.Workload(endpoint.Workload) : null;
        string client = ClientMode(cluster, endpoint);
        InboundPort? inbound = workload?.Inbound.FirstOrDefault(p => p.Port == endpoint?.TargetPort);
        InboundPort.Types.Mtls? server = workload is null ? null : inbound?.Mtls ?? InboundPort.Types.Mtls.Permissive;
        result.Mtls = new JsonObject { ["client"] = client };
        result.Because($"The client's side uses {client}{(client.StartsWith("auto", StringComparison.Ordinal) ? " because no DestinationRule sets tls" : $" by {Explainer.Origin(cluster.Origin)}")}.");
        if (server is { } mode)
        {
            result.Mtls["server"] = ExplainNames.Mtls(mode);
            result.Because(inbound?.MtlsOrigin is { } origin ? $"{Explainer.Origin(origin)} makes the server {ExplainNames.Mtls(mode)}." : "No PeerAuthentication holds for the server: it is permissive.");
        }
        result.Inbound = inbound is { ListenerOrigin: null, Pool: null } or null ? null : ExplainInbound.Write(inbound);
        if (inbound?.ListenerOrigin is { } listener)
        {
            result.Because($"{Explainer.Origin(listener)} leads it to the application at {ExplainInbound.Application(inbound)}.");
        }
        if (cluster.Tls is { Mode: UpstreamTls.Types.Mode.Mutual, Credential: "" })
        {
            return result.Ends("denied", facts is null ? null : PlaintextStatus, "The client has no key pair that it may show: the handshake fails. Name a Secret of its own namespace, or files.");
        }
        bool mutual = client is "mutual" or "auto-mutual";
        if (server == InboundPort.Types.Mtls.Strict && !mutual)
        {
            return result.Ends("denied", facts is null ? null : PlaintextStatus, "The server takes mutual TLS only and the client sends none: the connection is reset.");
        }
        if (server == InboundPort.Types.Mtls.Disable && client == "mutual")
        {
            return result.Ends("denied", facts is null ? null : PlaintextStatus, "The client starts mutual TLS and the server has it disabled: the handshake fails.");
        }
        if (workload is not null && endpoint is not null)
        {
            Admits(result, endpoint.Workload, mutual ? caller.Identity : null, endpoint.TargetPort, "server");
        }
        _ = clientWorkload;
        return result;
    }

    /// <summary>Authentication, then authorization of one workload; false when it refuses and the result says so.</summary>
    public bool Admits(ExplainResult result, string name, PeerFacts? peer, uint port, string side)
    {
        if (mesh.Workload(name) is not { } workload)
        {
            return true;
        }
        if (facts is not null && !Authenticated(result, workload))
        {
            return false;
        }
        if (workload.Authorization.Count == 0)
        {
            result.Authorization ??= new JsonObject { ["decision"] = "none" };
            return true;
        }
        AuthorizationTable table = AuthorizationTable.Compile(name, workload.Authorization);
        IpValue address = default;
        ConnectionFacts connection = new(peer, address, address, address, (int)port, request.Sni.Length > 0 ? new Utf8Text(request.Sni) : null);
        AuthorizationDecision decision = facts is null ? table.DecideConnection(connection) : table.Decide(facts, connection);
        JsonObject json = new() { ["decision"] = decision.Reason == AuthorizationReason.NoPolicy ? "none" : decision.Allowed ? "allow" : "deny" };
        if (decision.Policy is { } policy)
        {
            json["policy"] = decision.RuleIndex >= 0 ? $"{policy.Origin} rule[{decision.RuleIndex}]" : policy.Origin.ToString();
        }
        result.Authorization = json;
        result.Because($"At the {side} {name}: {decision}");
        if (decision.Allowed)
        {
            return true;
        }
        json["status"] = facts is null ? null : DeniedStatus;
        result.Outcome = "denied";
        result.Status = facts is null ? null : DeniedStatus;
        return false;
    }

    private bool Authenticated(ExplainResult result, Workload workload)
    {
        if (workload.JwtIssuers.Count == 0)
        {
            result.Authentication ??= new JsonObject { ["decision"] = "none" };
            return true;
        }
        ExplainToken token = ExplainToken.Judge(request, workload.JwtIssuers);
        JsonObject json = new() { ["decision"] = token.Decision };
        if (token.Status > 0)
        {
            json["status"] = token.Status;
        }
        if (token.Principal.Length > 0 && facts is not null)
        {
            json["principal"] = token.Principal;
            facts.Principal = System.Text.Encoding.UTF8.GetBytes(token.Principal);
            facts.ClaimsTrusted = true;
        }
        result.Authentication = json;
        result.Because(token.Why);
        if (token.Decision == "deny")
        {
            result.Outcome = "denied";
            result.Status = token.Status;
        }
        return token.Decision != "deny";
    }

    private static string ClientMode(Cluster cluster, Endpoint? endpoint) => cluster.Tls?.Mode switch
    {
        UpstreamTls.Types.Mode.MeshMutual or UpstreamTls.Types.Mode.Mutual => "mutual",
        UpstreamTls.Types.Mode.Simple => "simple",
        UpstreamTls.Types.Mode.Disable => "disable",
        _ => endpoint is { PeerProtocol.Length: > 0 } ? "auto-mutual" : "auto-plaintext",
    };
}
