using Weft.Compile.Workloads;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

internal static class DestinationRuleChecks
{
    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        Field host = spec["host"];
        string full = context.Complete(host, resource.Namespace);
        if (host.Text.Length == 0)
        {
            context.Report.Invalid(resource, spec, "A DestinationRule needs a host.", "Add host.");
            return;
        }
        ServiceConfig? service = context.Registry.Resolve(full, resource.Namespace);
        if (!HostNames.IsWildcard(full) && service is null)
        {
            ProblemLevel level = context.MissingIn(context.NamespaceOf(full, resource.Namespace));
            context.Report.Add(resource, "IST0101", host, $"Referenced host not found: \"{host.Text}\".", level, "Correct the name, or add the Service.");
        }
        Subsets(context, resource, spec);
        SubsetPods(context, resource, spec, service);
        Policy(context, resource, spec["trafficPolicy"], service);
        Tls(context, resource, spec, full);
        MutualTls(context, resource, spec["trafficPolicy"]["tls"], service);
    }

    private static void Subsets(AnalysisContext context, Resource resource, Field spec)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (Field subset in spec["subsets"].Items)
        {
            if (subset["name"].Text.Length == 0)
            {
                context.Report.Invalid(resource, subset, "A subset needs a name.", "Add name.");
            }
            else if (!names.Add(subset["name"].Text))
            {
                context.Report.Invalid(resource, subset["name"], $"The subset \"{subset["name"].Text}\" is defined twice; the first one holds.", "Rename or remove one.");
            }
            Policy(context, resource, subset["trafficPolicy"], null);
        }
    }

    /// <summary>Files may leave out the workloads of a subset, so there it is a doubt only. Labels of topology stand on nodes and not on pods.</summary>
    private static void SubsetPods(AnalysisContext context, Resource resource, Field spec, ServiceConfig? service)
    {
        if (service?.Selector is not { Count: > 0 } selector || service.IsServiceEntry)
        {
            return;
        }
        IReadOnlyDictionary<string, string>[] serving = [.. context.WorkloadLabels(service.Namespace).Where(selector.Selects)];
        foreach (Field subset in serving.Length == 0 ? [] : spec["subsets"].Items.Where(s => s["labels"].Count > 0))
        {
            Dictionary<string, string> labels = subset["labels"].Map;
            if (!labels.Keys.Any(k => k.StartsWith("topology.", StringComparison.Ordinal)) && !serving.Any(labels.Selects))
            {
                context.Report.Add(resource, "IST0173", subset["labels"], $"The Subset {subset["name"].Text} defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).", context.Whole ? null : ProblemLevel.Warning);
            }
        }
    }

    private static void Policy(AnalysisContext context, Resource resource, Field policy, ServiceConfig? service)
    {
        foreach (Field level in policy["portLevelSettings"].Items)
        {
            Field number = level["port"]["number"];
            if (service is not null && number.Number is { } port && service.Port(port) is null)
            {
                context.Report.Add(resource, "IST0101", number, $"Referenced host:port not found: \"{service.Host}:{port}\".", ProblemLevel.Warning);
            }
            Blocks(context, resource, level);
        }
        Blocks(context, resource, policy);
    }

    private static void Blocks(AnalysisContext context, Resource resource, Field policy)
    {
        Field outlier = policy["outlierDetection"];
        IEnumerable<Field> durations = [outlier["interval"], outlier["baseEjectionTime"], policy["connectionPool"]["tcp"]["connectTimeout"],
            policy["connectionPool"]["tcp"]["idleTimeout"], policy["connectionPool"]["http"]["idleTimeout"],
            policy["connectionPool"]["tcp"]["maxConnectionDuration"], policy["connectionPool"]["tcp"]["tcpKeepalive"]["time"], policy["connectionPool"]["tcp"]["tcpKeepalive"]["interval"],
            policy["connectionPool"]["http"]["http2KeepAlive"]["interval"], policy["connectionPool"]["http"]["http2KeepAlive"]["timeout"], policy["loadBalancer"]["warmup"]["duration"]];
        foreach (Field duration in durations.Where(d => d.IsText && d.Duration is null))
        {
            context.Report.Invalid(resource, duration, $"\"{duration.Text}\" is not a duration.", "Write it as 500ms, 1.5s or 2m.");
        }
        Field balancer = policy["loadBalancer"];
        if (balancer["simple"].Exists && balancer["consistentHash"].Exists)
        {
            context.Report.Invalid(resource, balancer, "simple and consistentHash exclude each other.", "Keep one.");
        }
        if (balancer["localityLbSetting"].Exists && balancer["zoneAwareLbSetting"].Exists)
        {
            context.Report.Invalid(resource, balancer, "localityLbSetting and zoneAwareLbSetting exclude each other.", "Keep one.");
        }
        Field hash = balancer["consistentHash"];
        if (hash.Exists && new[] { "httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName" }.Count(k => hash[k].Exists) != 1)
        {
            context.Report.Invalid(resource, hash, "A consistent hash needs exactly one of httpHeaderName, httpCookie, useSourceIp and httpQueryParameterName.");
        }
        foreach (Field distribute in balancer["localityLbSetting"]["distribute"].Items.Where(d => d["to"].Entries.Sum(t => t.Value.Integer ?? 0) != 100))
        {
            context.Report.Invalid(resource, distribute["to"], $"The weights add up to {distribute["to"].Entries.Sum(t => t.Value.Integer ?? 0)}, not 100.", "Make them add up to 100.");
        }
    }

    private static void Tls(AnalysisContext context, Resource resource, Field spec, string host)
    {
        string name = $"DestinationRule {resource.Name} in namespace {resource.Namespace}";
        Field tls = spec["trafficPolicy"]["tls"];
        if (Unverified(tls))
        {
            context.Report.Add(resource, "IST0128", tls, $"{name} has TLS mode set to {tls["mode"].Text} but no caCertificates are set to validate server identity for host: {host}.");
        }
        foreach (Field level in spec["trafficPolicy"]["portLevelSettings"].Items.Where(l => Unverified(l["tls"])))
        {
            context.Report.Add(resource, "IST0129", level["tls"], $"{name} has TLS mode set to {level["tls"]["mode"].Text} but no caCertificates are set to validate server identity for host: {host} at port {level["port"]["number"].Text}.");
        }
        if (tls["credentialName"].Text.Length > 0 && !spec["workloadSelector"].Exists)
        {
            context.Report.Add(resource, ProblemCodes.UnsupportedField, tls["credentialName"], "Only gateways get this Secret: a sidecar gets the keys of rules that select it.", ProblemLevel.Info, "Add a workloadSelector for the workloads that call.");
        }
        foreach (Field block in new[] { tls }.Concat(spec["trafficPolicy"]["portLevelSettings"].Items.Select(l => l["tls"])))
        {
            ServerTlsChecks.Files(context, resource, block, "clientCertificate", "privateKey", "caCertificates", "caCrl");
        }
    }

    private static bool Unverified(Field tls) =>
        tls["mode"].Text is "SIMPLE" or "MUTUAL" && tls["caCertificates"].Text.Length == 0 && tls["credentialName"].Text.Length == 0 && !tls["insecureSkipVerify"].IsTrue;

    /// <summary>The modes of the workloads that really serve; ones that no DestinationRule can change.</summary>
    private static void MutualTls(AnalysisContext context, Resource resource, Field tls, ServiceConfig? service)
    {
        if (service is null || !tls["mode"].Exists || service.Ports.Count == 0)
        {
            return;
        }
        MutualTlsModes modes = new(context.Index.Snapshot, context.Index.Options.IstioRootNamespace);
        foreach ((WorkloadConfig workload, uint port) in context.Index.Endpoints.Serving(service, service.Ports[0]).Take(1))
        {
            (Model.V1.InboundPort.Types.Mtls mode, Model.V1.Origin? origin) = modes.For(workload, port);
            bool mesh = tls["mode"].Text == "ISTIO_MUTUAL";
            if ((mesh && mode == Model.V1.InboundPort.Types.Mtls.Disable) || (!mesh && mode == Model.V1.InboundPort.Types.Mtls.Strict && workload.InMesh))
            {
                context.Report.Add(resource, "IST0113", tls["mode"], $"A DestinationRule and Policy are in conflict with regards to mTLS for host {service.Host}. The DestinationRule \"{resource.Namespace}/{resource.Name}\" specifies that mTLS must be {(mesh ? "true" : "false")} but the Policy object \"{origin?.Namespace}/{origin?.Name}\" specifies {mode}.");
            }
        }
    }
}
