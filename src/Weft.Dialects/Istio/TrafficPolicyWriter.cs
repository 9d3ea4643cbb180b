using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Primitives;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

/// <summary>Writes what a DestinationRule says into a cluster. Blocks that are absent leave the cluster's defaults.</summary>
internal static class TrafficPolicyWriter
{
    private const uint DefaultRingSize = 1024;
    private const uint DefaultMaglevTable = 65537;

    public static void Write(Cluster cluster, TrafficPolicy policy)
    {
        Balancing(cluster, policy.LoadBalancer);
        Pool(cluster, policy.ConnectionPool);
        if (policy.OutlierDetection.Exists)
        {
            cluster.Outlier = Outlier(policy.OutlierDetection);
        }
        if (policy.Tls.Exists)
        {
            cluster.Tls = Tls(policy.Tls);
        }
        if (policy.ProxyProtocol.Exists)
        {
            cluster.ProxyProtocol = policy.ProxyProtocol["version"].Text == "V2" ? 2u : 1u;
        }
        if (policy.Tunnel["targetHost"].Text is { Length: > 0 } target && policy.Tunnel["targetPort"].Number is > 0 and <= ushort.MaxValue and var port)
        {
            cluster.Tunnel = new Tunnel { Method = policy.Tunnel["protocol"].Text == "POST" ? "POST" : "CONNECT", Host = target, Port = port };
        }
        if (policy.RetryBudget.Exists)
        {
            cluster.RetryBudget = new RetryBudget
            {
                Percent = policy.RetryBudget["percent"].Real ?? policy.RetryBudget["percent"]["value"].Real ?? 20,
                MinConcurrent = policy.RetryBudget["minRetryConcurrency"].Number ?? 3,
                Window = policy.RetryBudget["budgetInterval"].Duration is { Ticks: > 0 } window ? Duration.FromTimeSpan(window) : null,
            };
        }
    }

    private static void Balancing(Cluster cluster, Field balancer)
    {
        if (!balancer.Exists)
        {
            return;
        }
        cluster.Balancer = new Balancer
        {
            Kind = balancer["simple"].Text switch
            {
                "ROUND_ROBIN" => Balancer.Types.Kind.RoundRobin,
                "RANDOM" => Balancer.Types.Kind.Random,
                "PASSTHROUGH" => Balancer.Types.Kind.OriginalDestination,
                _ => Balancer.Types.Kind.LeastRequest,
            },
        };
        if (balancer["consistentHash"].Exists)
        {
            Hash(cluster.Balancer, balancer["consistentHash"]);
        }
        if (cluster.Balancer.Kind == Balancer.Types.Kind.OriginalDestination)
        {
            cluster.Discovery = Cluster.Types.Discovery.OriginalDestination;
        }
        WarmUp(cluster.Balancer, balancer);
        cluster.Locality = Locality(balancer["localityLbSetting"]);
        Zones(cluster, balancer["zoneAwareLbSetting"]);
    }

    /// <summary>In place of localityLbSetting; its failover orders regions, and endpoints by labels, as there.</summary>
    private static void Zones(Cluster cluster, Field zones)
    {
        if (zones.Exists)
        {
            cluster.ZoneAware = new ZoneAware
            {
                Enabled = zones["enabled"].Bool ?? true,
                MinEndpoints = zones["minClusterSize"].Number ?? BackendPolicyReader.ZoneEndpointsDefault,
                Origin = cluster.Origin?.Clone(),
            };
            cluster.Locality ??= Locality(zones);
        }
    }

    private static void Hash(Balancer balancer, Field hash)
    {
        balancer.Kind = hash["maglev"].Exists ? Balancer.Types.Kind.Maglev : Balancer.Types.Kind.RingHash;
        if (balancer.Kind == Balancer.Types.Kind.Maglev)
        {
            balancer.TableSize = hash["maglev"]["tableSize"].Number ?? DefaultMaglevTable;
        }
        else
        {
            balancer.RingSizeMin = (hash["ringHash"].Exists ? hash["ringHash"]["minimumRingSize"] : hash["minimumRingSize"]).Number ?? DefaultRingSize;
        }
        if (hash["httpHeaderName"].Text is { Length: > 0 } header)
        {
            balancer.HashKeys.Add(new HashKey { Header = header.ToLowerInvariant() });
        }
        else if (hash["httpCookie"] is { Exists: true } cookie)
        {
            Cookie read = new() { Name = cookie["name"].Text, Path = cookie["path"].Text, Ttl = cookie["ttl"].Duration is { } ttl ? Duration.FromTimeSpan(ttl) : null };
            read.Attributes.AddRange(cookie["attributes"].Items.Select(a => new HeaderField { Name = a["name"].Text, Value = a["value"].Text }));
            balancer.HashKeys.Add(new HashKey { Cookie = read });
        }
        else if (hash["useSourceIp"].IsTrue)
        {
            balancer.HashKeys.Add(new HashKey { SourceAddress = true });
        }
        else if (hash["httpQueryParameterName"].Text is { Length: > 0 } query)
        {
            balancer.HashKeys.Add(new HashKey { Query = query });
        }
    }

    private static void WarmUp(Balancer balancer, Field source)
    {
        Field warmUp = source["warmup"];
        TimeSpan? duration = warmUp.Exists ? warmUp["duration"].Duration : source["warmupDurationSecs"].Duration;
        if (duration is { Ticks: > 0 } length && balancer.Kind is Balancer.Types.Kind.LeastRequest or Balancer.Types.Kind.RoundRobin)
        {
            balancer.WarmUp = Duration.FromTimeSpan(length);
            balancer.WarmUpAggression = warmUp["aggression"].Real ?? 1.0;
            balancer.WarmUpMinimumPercent = warmUp["minimumPercent"].Real ?? 10;
        }
    }

    /// <summary>Null: nothing is said.</summary>
    public static LocalityPolicy? Locality(Field setting)
    {
        if (!setting.Exists)
        {
            return null;
        }
        LocalityPolicy policy = new() { Enabled = setting["enabled"].Bool ?? true };
        foreach (Field distribute in setting["distribute"].Items)
        {
            LocalityWeights weights = new() { From = distribute["from"].Text };
            foreach ((string to, Field weight) in distribute["to"].Entries)
            {
                weights.To[to] = weight.Number ?? 0;
            }
            policy.Distribute.Add(weights);
        }
        foreach (Field failover in setting["failover"].Items)
        {
            policy.Failover[failover["from"].Text] = failover["to"].Text;
        }
        policy.FailoverPriority.AddRange(setting["failoverPriority"].Texts);
        return policy;
    }

    internal static void Pool(Cluster cluster, Field pool)
    {
        if (!pool.Exists)
        {
            return;
        }
        Field tcp = pool["tcp"];
        Field http = pool["http"];
        cluster.Limits = new ConnectionLimits
        {
            Connections = tcp["maxConnections"].Number ?? 0,
            Pending = http["http1MaxPendingRequests"].Number ?? 0,
            Requests = http["http2MaxRequests"].Number ?? 0,
            Retries = http["maxRetries"].Number ?? 0,
        };
        if (tcp["connectTimeout"].Duration is { Ticks: > 0 } connect)
        {
            cluster.ConnectTimeout = Duration.FromTimeSpan(connect);
        }
        TimeSpan? idle = http["idleTimeout"].Duration ?? tcp["idleTimeout"].Duration;
        if (idle is { Ticks: > 0 } wait)
        {
            cluster.IdleTimeout = Duration.FromTimeSpan(wait);
        }
        cluster.MaxRequestsPerConnection = http["maxRequestsPerConnection"].Number ?? 0;
        cluster.UseClientProtocol = http["useClientProtocol"].IsTrue;
        cluster.H2Upgrade = !cluster.UseClientProtocol && http["h2UpgradePolicy"].Text == "UPGRADE";
        cluster.ConnectionShape = Shape(tcp, http);
    }

    /// <summary>Null: nothing is said of how connections are kept.</summary>
    private static ConnectionShape? Shape(Field tcp, Field http)
    {
        ConnectionShape shape = new()
        {
            MaxDuration = Positive(tcp["maxConnectionDuration"]),
            MaxConcurrentStreams = http["maxConcurrentStreams"].Number ?? 0,
            Http2PingInterval = Positive(http["http2KeepAlive"]["interval"]),
            Http2PingTimeout = Positive(http["http2KeepAlive"]["timeout"]),
        };
        if (tcp["tcpKeepalive"] is { Exists: true } keepAlive)
        {
            shape.TcpKeepAlive = new TcpKeepAlive { Probes = keepAlive["probes"].Number ?? 0, Time = Positive(keepAlive["time"]), Interval = Positive(keepAlive["interval"]) };
        }
        return shape.Equals(new ConnectionShape()) ? null : shape;
    }

    private static Duration? Positive(Field duration) => duration.Duration is { Ticks: > 0 } value ? Duration.FromTimeSpan(value) : null;

    /// <summary>Success-rate ejection does not exist in Istio; fractions that are absent are Envoy's.</summary>
    private static OutlierDetection Outlier(Field outlier)
    {
        OutlierDetection read = new()
        {
            Consecutive5Xx = outlier["consecutive5xxErrors"].Number ?? outlier["consecutiveErrors"].Number ?? 5,
            ConsecutiveGatewayErrors = outlier["consecutiveGatewayErrors"].Number ?? 0,
            ConsecutiveLocalErrors = outlier["consecutiveLocalOriginFailures"].Number ?? (outlier["splitExternalLocalOriginErrors"].IsTrue ? 5u : 0u),
            SplitLocalErrors = outlier["splitExternalLocalOriginErrors"].IsTrue,
            Interval = Duration.FromTimeSpan(outlier["interval"].Duration ?? TimeSpan.FromSeconds(10)),
            BaseEjection = Duration.FromTimeSpan(outlier["baseEjectionTime"].Duration ?? TimeSpan.FromSeconds(30)),
            MaxEjectionPercent = outlier["maxEjectionPercent"].Number ?? 10,
            MinHealthPercent = outlier["minHealthPercent"].Number ?? 0,
        };
        read.ErrorStatuses.AddRange(outlier["outlierDetectionHttpErrorCodes"].Items.Select(c => c.Number ?? 0).Where(c => c > 0));
        return read;
    }

    private static UpstreamTls Tls(Field tls)
    {
        UpstreamTls read = new()
        {
            Mode = tls["mode"].Text switch
            {
                "SIMPLE" => UpstreamTls.Types.Mode.Simple,
                "MUTUAL" => UpstreamTls.Types.Mode.Mutual,
                "ISTIO_MUTUAL" => UpstreamTls.Types.Mode.MeshMutual,
                _ => UpstreamTls.Types.Mode.Disable,
            },
            Sni = tls["sni"].Text,
            Credential = Credential(tls),
            InsecureSkipVerify = tls["insecureSkipVerify"].IsTrue,
        };
        read.SubjectAltNames.AddRange(tls["subjectAltNames"].Texts);
        return read;
    }

    /// <summary>A Secret by name, else files beside the proxy. The authority "system" is the machine's own roots.</summary>
    private static string Credential(Field tls)
    {
        bool own = tls["mode"].Text == "MUTUAL";
        string authority = tls["caCertificates"].Text is { Length: > 0 } written and not "system" ? written : "";
        FileCredentialName files = new(
            own ? tls["clientCertificate"].Text : "", own ? tls["privateKey"].Text : "", authority, authority.Length > 0 ? tls["caCrl"].Text : "");
        return tls["credentialName"].Text is { Length: > 0 } secret ? secret
            : tls["mode"].Text is "SIMPLE" or "MUTUAL" && files.Files.Any() ? files.ToString() : "";
    }
}
