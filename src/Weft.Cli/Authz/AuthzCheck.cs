using System.Text.Json.Nodes;
using Weft.Cli.Explain;
using Weft.Cli.Frame;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Policy.Authorization;
using Weft.Primitives;
using Weft.Resources;

namespace Weft.Cli.Authz;

/// <summary>Which policies hold for a workload, and what they say to one call: by the compiler and the table of the proxies.</summary>
internal sealed class AuthzCheck(CompiledMesh mesh, string name, Workload workload)
{
    /// <summary>Who calls without proving who he is.</summary>
    public const string Nobody = "none";

    private const int PlaintextRefused = 503;

    /// <summary>A pod, the beginning of its name, its app label, or a WorkloadEntry; null when there is none.</summary>
    public static AuthzCheck? Find(CompiledMesh mesh, string ns, string name)
    {
        string full = ExplainCaller.Pod(mesh, ns, name) is { } pod ? $"{pod.Namespace}/{pod.Name}" : $"{ns}/{name}";
        return mesh.Workload(full) is { } workload ? new AuthzCheck(mesh, full, workload) : null;
    }

    public IReadOnlyList<uint> Ports => [.. workload.Inbound.Select(p => p.Port)];

    /// <summary>The policies in the order in which they are asked: who denies first, then who allows; audits only watch.</summary>
    public JsonObject Policies()
    {
        JsonArray policies = [];
        foreach (AuthorizationRules rules in workload.Authorization)
        {
            foreach ((string kind, AuthorizationPolicy policy) in rules.Deny.Select(p => ("DENY", p)).Concat(rules.Allow.Select(p => ("ALLOW", p))).Concat(rules.Audit.Select(p => ("AUDIT", p))))
            {
                policies.Add(Policy(kind, policy));
            }
        }

        return new JsonObject
        {
            ["workload"] = name,
            ["policies"] = policies,
            ["issuers"] = new JsonArray([.. workload.JwtIssuers.Select(i => (JsonNode)new JsonObject { ["issuer"] = i.Issuer, ["policy"] = Explainer.Origin(i.Origin) })]),
            ["mtls"] = new JsonArray([.. workload.Inbound.Select(p => (JsonNode)new JsonObject { ["port"] = p.Port, ["mode"] = ExplainNames.Mtls(p.Mtls) })]),
            ["default"] = workload.Authorization.Any(r => r.HasAllowList) ? "deny" : "allow",
        };
    }

    /// <summary>The verdict about one call, with the policy and rule that decided.</summary>
    /// <param name="request">From "namespace/name" of a workload, a SPIFFE ID, or <see cref="Nobody"/>, to the application's port.</param>
    public JsonObject Decide(ExplainRequest request)
    {
        string from = request.From;
        uint port = request.ToPort;
        InboundPort? inbound = workload.Inbound.FirstOrDefault(p => p.Port == port);
        ExplainResult result = new();
        PeerFacts? caller = Caller(request, result);
        bool isOpaque = inbound?.Protocol is AppProtocol.Tcp or AppProtocol.Tls;
        ExplainFacts? facts = null;
        if (!isOpaque && (facts = ExplainFacts.Create(request, tls: false, out string refused)) is null)
        {
            return Verdict(result.Ends("denied", 400, refused), from);
        }

        if (facts is not null)
        {
            facts.Port = (int)port;
        }

        if (caller is null && inbound?.Mtls == InboundPort.Types.Mtls.Strict)
        {
            return Verdict(result.Ends("denied", PlaintextRefused, "The port takes mutual TLS only, and who calls without an identity sends none."), from);
        }

        if (inbound?.Mtls == InboundPort.Types.Mtls.Disable && caller is not null)
        {
            result.Because("Mutual TLS is disabled on the port: the caller proves no identity there.");
            caller = null;
        }

        new ExplainServer(mesh, request, facts).Admits(result, name, caller, port, "workload");
        return Verdict(result, from);
    }

    private PeerFacts? Caller(ExplainRequest request, ExplainResult result)
    {
        string from = request.From;
        if (from == Nobody)
        {
            return null;
        }

        if (SpiffeId.TryParse(from, out SpiffeId? id))
        {
            return new PeerFacts(id);
        }

        ExplainCaller? caller = ExplainCaller.Find(mesh, request);
        if (caller?.Identity is null)
        {
            throw CommandException.WrongCommandLine($"'{from}' is nobody who could call.", $"Write --from NAMESPACE/NAME, spiffe://TRUSTDOMAIN/ns/NAMESPACE/sa/ACCOUNT or {Nobody}.");
        }

        if (caller.Note.Length > 0)
        {
            result.Because(caller.Note);
        }

        return caller.Identity;
    }

    private JsonObject Policy(string action, AuthorizationPolicy policy)
    {
        Origin origin = policy.Origin ?? new Origin();
        Resource? written = mesh.Snapshot.Find(new ResourceKey(origin.ApiVersion.Split('/')[0], origin.Kind, origin.Namespace, origin.Name));
        return new JsonObject
        {
            ["policy"] = Explainer.Origin(policy.Origin),
            ["action"] = written?.Spec?["action"]?.ToString() is { Length: > 0 } own ? own : action,
            ["dryRun"] = policy.DryRun,
            ["broken"] = policy.Broken,
            ["rules"] = new JsonArray([.. policy.Rules.Select(r => (JsonNode)RuleText.Write(r))]),
        };
    }

    private static JsonObject Verdict(ExplainResult result, string from)
    {
        bool isAllowed = result.Outcome != "denied";
        JsonObject json = new() { ["from"] = from, ["decision"] = isAllowed ? "allow" : "deny" };
        if (!isAllowed && result.Status is { } status)
        {
            json["status"] = status;
        }

        if (result.Authorization?["policy"] is { } policy)
        {
            json["policy"] = policy.DeepClone();
        }

        if (result.Authentication is { } authentication)
        {
            json["authentication"] = authentication.DeepClone();
        }

        json["why"] = new JsonArray([.. result.Why.Select(w => (JsonNode)w)]);
        return json;
    }
}
