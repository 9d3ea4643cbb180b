using Weft.Compile.GatewayApi;
using Weft.Compile.Gateways;
using Weft.Compile.Routing;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Primitives;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Compile.Clusters;

/// <summary>Clusters and their endpoints, as one client sees them.</summary>
internal sealed class ClusterCompiler(MeshIndex index, GatewayPlanner gateways)
{
    public Cluster? Compile(string name, ClientScope scope)
    {
        if (Look(name, scope) is not { } found)
        {
            return null;
        }
        (ServiceConfig service, ServicePortConfig port, DestinationRuleConfig? rule, SubsetConfig? subset) = found;
        Cluster cluster = new()
        {
            Name = name,
            Service = service.Host,
            Namespace = service.Namespace,
            Port = port.Number,
            Subset = subset?.Name ?? "",
            Protocol = scope.IsGateway ? gateways.BackendProtocol(name, port.Protocol) : port.Protocol,
            Discovery = service.Resolution switch
            {
                ServiceResolution.Dns => Cluster.Types.Discovery.Dns,
                ServiceResolution.DnsRoundRobin => Cluster.Types.Discovery.LogicalDns,
                ServiceResolution.OriginalDestination => Cluster.Types.Discovery.OriginalDestination,
                _ => Cluster.Types.Discovery.EndpointSet,
            },
            Balancer = DefaultBalancer(service, scope),
            Tls = new UpstreamTls { Mode = service.OutsideMesh || !index.Settings.AutoMutualTls ? UpstreamTls.Types.Mode.Disable : UpstreamTls.Types.Mode.Auto },
        };
        if (index.Settings.ConnectTimeout is { } connect)
        {
            cluster.ConnectTimeout = Duration.FromTimeSpan(connect);
        }
        if (service.Resolution is ServiceResolution.Dns or ServiceResolution.DnsRoundRobin)
        {
            cluster.Dns.AddRange(DnsTargets(service, port, subset));
        }
        if (rule is not null)
        {
            cluster.Origin = HttpRoutes.OriginOf(subset?.Owner ?? rule.PolicyOwner ?? rule.Resource, subset is null ? "" : $"subsets[{subset.Index}]");
        }
        TrafficPolicy traffic = TrafficPolicy.For(index.Settings.DefaultTraffic, rule, subset, port.Number);
        TrafficPolicyWriter.Write(cluster, traffic);
        cluster.Tls.Credential = Credential(cluster.Tls.Credential, scope);
        cluster.RetryBudget ??= index.BackendTraffic.BudgetOf(service);
        if (scope.IsGateway && !traffic.Tls.Exists && index.BackendTls.For(service, port.Number) is { } policy)
        {
            cluster.Tls = BackendTls(policy, scope);
        }
        SetLocality(cluster);
        index.Backends.Apply(cluster, service, port.Number);
        if (cluster.Tls.SubjectAltNames.Count == 0)
        {
            cluster.Tls.SubjectAltNames.AddRange(service.SubjectAltNames);
        }
        return cluster;
    }

    /// <summary>Files are the proxy's to read; a Secret only goes to who may have it.</summary>
    private string Credential(string written, ClientScope scope)
    {
        if (written.Length == 0 || FileCredentialName.IsFile(written))
        {
            return written;
        }
        string plain = CredentialReference.Plain(written);
        return index.DestinationRules.NamesCredential(plain[(plain.IndexOf('/') + 1)..], scope) ? CredentialReference.Resolve(written, scope.Namespace) ?? "" : "";
    }

    /// <summary>A BackendTLSPolicy says how gateways speak to a service of which no DestinationRule says it; the Gateway's own certificate goes along.</summary>
    private UpstreamTls BackendTls(BackendTlsConfig policy, ClientScope scope)
    {
        string credential = gateways.ClientCredential(scope);
        UpstreamTls tls = new()
        {
            Mode = credential.Length > 0 ? UpstreamTls.Types.Mode.Mutual : UpstreamTls.Types.Mode.Simple,
            Sni = policy.Hostname,
            TrustedCaPem = policy.AuthorityPem,
            Credential = credential,
        };
        tls.SubjectAltNames.AddRange(policy.SubjectAltNames.Count > 0 ? policy.SubjectAltNames : [policy.Hostname]);
        return tls;
    }

    public EndpointSet? Endpoints(string name, ClientScope scope)
    {
        if (Look(name, scope) is not { } found || found.Service.Resolution != ServiceResolution.Registry)
        {
            return null;
        }
        EndpointSet set = index.Endpoints.Collect(name, found.Service, found.Port, found.Subset?.Labels ?? new Dictionary<string, string>());
        foreach (Endpoint endpoint in set.Endpoints.Where(e => e.PeerProtocol.Length > 0 && e.TargetPort != found.Port.Number))
        {
            if (ListensAsGateway(endpoint.Workload, found.Port.Number))
            {
                endpoint.TargetPort = found.Port.Number;
            }
        }
        return set;
    }

    /// <summary>Peers name a gateway's listener by the port that its Gateway writes, which is the service's and not the pod's.</summary>
    private bool ListensAsGateway(string workload, uint port) => index.Registry.Workloads.PodResource(workload) is { } pod && GatewayPods.IsGateway(pod)
        && gateways.For(ClientScope.Of(pod)).Listeners.Any(l => l.Message.Port == port);

    /// <summary>Null where the service, its port or the subset does not exist for this client: there is no falling back to the whole service.</summary>
    private (ServiceConfig Service, ServicePortConfig Port, DestinationRuleConfig? Rule, SubsetConfig? Subset)? Look(string name, ClientScope scope)
    {
        if (!MeshName.TryParse(name, out MeshName parsed)
            || index.Registry.Find(parsed.Host, scope.Namespace) is not { } service
            || service.Port(parsed.Port) is not { } port)
        {
            return null;
        }
        DestinationRuleConfig? rule = index.DestinationRules.For(service.Host, service.Namespace, scope);
        SubsetConfig? subset = parsed.Subset.Length > 0 ? rule?.Subset(parsed.Subset) : null;
        return parsed.Subset.Length > 0 && subset is null ? null : (service, port, rule, subset);
    }

    /// <summary>
    /// The mesh's own setting where the rule has none; nearest first is what the mesh means when it says nothing. Without outlier
    /// detection nobody is known to fail, so that only fixed shares have an effect.
    /// </summary>
    private void SetLocality(Cluster cluster)
    {
        if (cluster.Outlier is not null)
        {
            cluster.Locality ??= TrafficPolicyWriter.Locality(index.Settings.Locality) ?? new LocalityPolicy { Enabled = true };
        }
        else if (cluster.Locality is null && index.Settings.Locality["distribute"].Count > 0)
        {
            cluster.Locality = TrafficPolicyWriter.Locality(index.Settings.Locality);
        }
        if (cluster is { Outlier: null, Locality: { Enabled: true, Distribute.Count: 0 } locality })
        {
            locality.Enabled = false;
        }
    }

    private Balancer DefaultBalancer(ServiceConfig service, ClientScope scope) => new()
    {
        Kind = service.Resolution == ServiceResolution.OriginalDestination ? Balancer.Types.Kind.OriginalDestination
            : index.DefaultsOf(scope.Namespace) switch
            {
                "linkerd" => Balancer.Types.Kind.PeakEwma,
                "consul" => Balancer.Types.Kind.RoundRobin,
                _ => Balancer.Types.Kind.LeastRequest,
            },
    };

    /// <summary>The names written as endpoints, else the ExternalName, else the host itself.</summary>
    private static IEnumerable<DnsTarget> DnsTargets(ServiceConfig service, ServicePortConfig port, SubsetConfig? subset)
    {
        if (service.Endpoints.Count > 0)
        {
            return service.Endpoints.Where(e => subset is null || subset.Labels.Selects(e.Labels)).Select(e => new DnsTarget
            {
                Host = e.Address, Port = Registry.EndpointCollector.TargetPort(e, port), Weight = e.Weight, Locality = e.Locality,
            });
        }
        uint number = uint.TryParse(port.TargetPort, out uint target) && target > 0 ? target : port.Number;
        return [new DnsTarget { Host = service.ExternalName.Length > 0 ? service.ExternalName : service.Host, Port = number, Weight = 1 }];
    }
}
