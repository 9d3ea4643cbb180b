using Weft.Compile.Gateways;
using Weft.Compile.Routing;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Workloads;

/// <summary>What one proxy is and enforces: its ports, who may call it, how it may call others, its gateway listeners.</summary>
internal sealed class WorkloadCompiler
{
    private readonly MeshIndex _index;
    private readonly GatewayPlanner _gateways;
    private readonly PolicySelection _authorization;
    private readonly PolicySelection _authentication;
    private readonly PolicySelection _limits;
    private readonly TelemetryCompiler _telemetry;
    private readonly InboundPorts _inbound;
    private readonly string[] _trustDomains;

    public WorkloadCompiler(MeshIndex index, GatewayPlanner gateways)
    {
        _index = index;
        _gateways = gateways;
        string root = index.Options.IstioRootNamespace;
        _authorization = new PolicySelection(index.Snapshot, IstioKinds.Security, "AuthorizationPolicy", root);
        _authentication = new PolicySelection(index.Snapshot, IstioKinds.Security, "RequestAuthentication", root);
        _limits = new PolicySelection(index.Snapshot, IstioKinds.Weft, "RateLimit", root);
        _telemetry = new TelemetryCompiler(index.Snapshot, index.Options, index.Settings);
        _inbound = new InboundPorts(index, new MutualTlsModes(index.Snapshot, root));
        _trustDomains = [index.Options.TrustDomain, .. index.Settings.TrustDomainAliases];
    }

    public Workload? Compile(string name)
    {
        Resource? pod = _index.Registry.Workloads.PodResource(name);
        WorkloadConfig? found = _index.Registry.Workloads.Pod(name) ?? _index.Registry.Workloads.Entry(name);
        if (found is not { } config)
        {
            return null;
        }
        ClientScope scope = pod is null ? new ClientScope(config.Namespace, config.Labels) : ClientScope.Of(pod);
        Workload workload = new()
        {
            Name = name,
            Namespace = config.Namespace,
            ServiceAccount = config.ServiceAccount,
            Outbound = new OutboundPolicy { AllowAny = AllowsAny(scope), EgressCluster = Egress(scope).Cluster },
            Telemetry = _telemetry.For(config),
            CanonicalService = First(config, name[(name.IndexOf('/') + 1)..], "service.istio.io/canonical-name", "app.kubernetes.io/name", "app"),
            CanonicalRevision = First(config, "latest", "service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"),
            Node = config.Host,
            Locality = config.Locality,
        };
        workload.Labels.Add(config.Labels.ToDictionary());
        workload.TrustDomains.AddRange(_trustDomains.Distinct());
        string gateway = config.Labels.GetValueOrDefault(GatewayPods.NameLabel, "");
        Authorization(workload, config, gateway);
        workload.JwtIssuers.AddRange(_authentication.For(config, gateway).SelectMany(r => JwtReader.Read(r, _index.Keys ?? IssuerKeys.Empty)));
        workload.RateLimits.AddRange(_limits.For(config, gateway).SelectMany(RateLimitReader.Read));
        if (scope.IsGateway)
        {
            workload.GatewayListeners.AddRange(_gateways.For(scope).Listeners.Select(l => l.Message));
        }
        else
        {
            workload.Inbound.AddRange(_inbound.For(config, pod, scope));
        }
        return workload;
    }

    /// <summary>CUSTOM asks a provider that Weft cannot ask: what its rules select is refused rather than let through unasked.</summary>
    private void Authorization(Workload workload, WorkloadConfig config, string gateway)
    {
        AuthorizationReader reader = new(_trustDomains);
        AuthorizationRules rules = new() { Dialect = "istio" };
        foreach (Resource policy in _authorization.For(config, gateway))
        {
            AuthorizationPolicy read = reader.Read(policy);
            switch (new Field(policy.Spec)["action"].Text)
            {
                case "DENY" or "CUSTOM":
                    rules.Deny.Add(read);
                    break;
                case "AUDIT":
                    rules.Audit.Add(read);
                    break;
                default:
                    rules.Allow.Add(read);
                    rules.HasAllowList |= !read.DryRun; // a trial does not start default deny
                    break;
            }
        }
        if (rules.Deny.Count + rules.Allow.Count + rules.Audit.Count > 0)
        {
            workload.Authorization.Add(rules);
        }
    }

    public bool AllowsAny(ClientScope scope) => new Field(_index.Sidecars.For(scope)?.Spec)["outboundTrafficPolicy"]["mode"].Text switch
    {
        "REGISTRY_ONLY" => false,
        "ALLOW_ANY" => true,
        _ => !_index.Settings.RegistryOnly,
    };

    /// <summary>Who takes what nobody registered: outboundTrafficPolicy.egressProxy, which goes with ALLOW_ANY only. Empty: nobody.</summary>
    public (string Cluster, Origin? Origin) Egress(ClientScope scope)
    {
        Resource? sidecar = _index.Sidecars.For(scope);
        Field proxy = new Field(sidecar?.Spec)["outboundTrafficPolicy"]["egressProxy"];
        if (sidecar is null || proxy["host"].Text.Length == 0 || !AllowsAny(scope))
        {
            return ("", null);
        }
        string host = HostNames.Complete(proxy["host"].Text, sidecar.Namespace, _index.Options.ClusterDomain);
        uint port = proxy["port"]["number"].Number ?? (_index.Registry.Find(host, scope.Namespace) is { Ports: [var first, ..] } ? first.Number : 0);
        return (new MeshName(host, port, proxy["subset"].Text).ToString(), HttpRoutes.OriginOf(sidecar, "outboundTrafficPolicy.egressProxy"));
    }

    private static string First(WorkloadConfig config, string otherwise, params ReadOnlySpan<string> labels)
    {
        foreach (string label in labels)
        {
            if (config.Labels.TryGetValue(label, out string? value) && value.Length > 0)
            {
                return value;
            }
        }
        return otherwise;
    }
}
