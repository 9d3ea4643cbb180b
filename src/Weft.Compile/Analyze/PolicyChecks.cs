using Weft.Compile.Workloads;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Security and telemetry policies and Sidecars.</summary>
internal static class PolicyChecks
{
    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        Selector(context, resource, spec);
        switch (resource.Kind)
        {
            case "AuthorizationPolicy":
                Authorization(context, resource, spec);
                break;
            case "PeerAuthentication":
                PeerAuthentication(context, resource, spec);
                break;
            case "RequestAuthentication":
                RequestAuthentication(context, resource, spec);
                break;
            case "Sidecar":
                Sidecar(context, resource, spec);
                break;
            case "Telemetry":
                Telemetry(context, resource, spec);
                break;
        }
    }

    private static void Selector(AnalysisContext context, Resource resource, Field spec)
    {
        Field selector = resource.Kind == "Sidecar" ? spec["workloadSelector"]["labels"] : spec["selector"]["matchLabels"];
        bool wholeMesh = resource.Namespace == context.Index.Options.IstioRootNamespace && resource.Kind == "AuthorizationPolicy";
        if (selector.Count == 0 || wholeMesh || !context.HasWorkloads(resource.Namespace))
        {
            return;
        }
        Dictionary<string, string> labels = selector.Map;
        if (!context.WorkloadLabels(resource.Namespace).Any(labels.Selects))
        {
            context.Report.Add(resource, "IST0127", selector, $"No matching workloads for this resource with the following labels: {string.Join(",", labels.Select(l => $"{l.Key}={l.Value}"))}.");
        }
    }

    private static void Authorization(AnalysisContext context, Resource resource, Field spec)
    {
        if (spec["action"].Text == "CUSTOM")
        {
            context.Report.Add(resource, ProblemCodes.UnsupportedField, spec["action"], "External authorization is not supported: what the rules select is refused.", ProblemLevel.Error, "Use ALLOW and DENY rules.");
        }
        if (spec["action"].Text == "DENY" && spec["rules"].Count == 0)
        {
            context.Report.Add(resource, "IST0106", spec, "A DENY policy without rules denies nothing.", ProblemLevel.Warning, "Add rules; \"rules: [{}]\" denies everything.");
        }
        foreach (Field rule in spec["rules"].Items)
        {
            foreach (Field from in rule["from"].Items.Where(f => f["source"].Count == 0))
            {
                context.Report.Invalid(resource, from, "A from needs a source with something in it.", "Remove it, or say who.");
            }
            foreach (Field condition in rule["when"].Items.Where(c => !KnownKey(c["key"].Text)))
            {
                context.Report.Invalid(resource, condition["key"], $"\"{condition["key"].Text}\" is not an attribute that conditions know.", "Use request.headers[…], source.*, remote.ip, request.auth.*, destination.* or connection.sni.");
            }
        }
    }

    private static bool KnownKey(string key) => key is "source.ip" or "remote.ip" or "source.namespace" or "source.principal" or "source.serviceAccount" or "source.trustDomain"
        or "request.auth.principal" or "request.auth.audiences" or "request.auth.presenter" or "destination.ip" or "destination.port" or "connection.sni"
        || key.StartsWith("request.headers[", StringComparison.Ordinal) || key.StartsWith("request.auth.claims[", StringComparison.Ordinal);

    private static void PeerAuthentication(AnalysisContext context, Resource resource, Field spec)
    {
        bool selected = PolicySelection.Selector(resource).Count > 0;
        if (spec["portLevelMtls"].Count > 0 && !selected)
        {
            context.Report.Invalid(resource, spec["portLevelMtls"], "portLevelMtls needs a selector: ports belong to workloads.", "Add a selector.");
        }
        if (selected && resource.Namespace == context.Index.Options.IstioRootNamespace)
        {
            context.Report.Add(resource, "IST0106", spec["selector"], "In the root namespace a PeerAuthentication with a selector holds for nobody.", ProblemLevel.Warning, "Move it to the workload's namespace.");
        }
    }

    private static void RequestAuthentication(AnalysisContext context, Resource resource, Field spec)
    {
        foreach (Field rule in spec["jwtRules"].Items)
        {
            if (rule["issuer"].Text.Length == 0)
            {
                context.Report.Invalid(resource, rule, "A jwtRule needs an issuer.", "Add issuer.");
            }
            IssuerKeySource(context, resource, rule);
            if (rule["fromCookies"].Count > 0)
            {
                context.Report.Add(resource, ProblemCodes.UnsupportedField, rule["fromCookies"], "Tokens are not read from cookies.");
            }
        }
    }

    /// <summary>Keys are fetched by the control plane: only there is known what came of it.</summary>
    private static void IssuerKeySource(AnalysisContext context, Resource resource, Field rule)
    {
        Field written = JwksSource.WrittenUri(rule);
        if (written.Text.Length > 0 && !JwksSource.IsHttp(written.Text))
        {
            context.Report.Invalid(resource, written, $"\"{written.Text}\" is not an address that keys can be fetched from.", "Write an https:// URL.");
        }
        else if (JwksSource.Of(rule) is { } source && context.Index.Keys?.Find(source) is { Problem.Length: > 0 } failed)
        {
            string effect = failed.Jwks.Length > 0 ? "the keys fetched before are still used" : "tokens of this issuer are refused";
            context.Report.Add(resource, ProblemCodes.KeysNotFetched, written.Exists ? written : rule["issuer"], $"The keys of {source.Uri} cannot be fetched ({failed.Problem}); {effect}.");
        }
        else if (!rule["jwks"].Exists && JwksSource.Of(rule) is null && rule["issuer"].Text.Length > 0)
        {
            context.Report.Add(resource, ProblemCodes.KeysNotFetched, rule["issuer"], "The rule has no keys, and its issuer is not a URL that says where they are: its tokens are refused.", cure: "Write jwksUri or jwks.");
        }
    }

    /// <summary>Weft keeps its access log without a provider; Istio ignores the entry unless the mesh has a default one.</summary>
    private static void Telemetry(AnalysisContext context, Resource resource, Field spec)
    {
        foreach (Field log in context.Index.Settings.HasDefaultLogging ? [] : spec["accessLogging"].Items.Where(l => l["providers"].Count == 0))
        {
            context.Report.Add(resource, "IST0157", log, $"The Telemetry {resource.Name} in namespace \"{resource.Namespace}\" with empty providers will be ignored by Istio; Weft acts on it.");
        }
    }

    private static void Sidecar(AnalysisContext context, Resource resource, Field spec)
    {
        foreach (Field host in spec["egress"].Items.SelectMany(e => e["hosts"].Items).Where(h => !h.Text.Contains('/')))
        {
            context.Report.Invalid(resource, host, $"\"{host.Text}\" names no namespace.", "Write namespace/host, ./host or */host.");
        }
        foreach (Field listener in spec["ingress"].Items)
        {
            if (listener["port"]["number"].Number is not (> 0 and <= 65535))
            {
                context.Report.Invalid(resource, listener["port"], "An ingress listener needs a port number from 1 to 65535.", "Add port.number.");
            }
            if (!IngressListener.TryReadEndpoint(listener["defaultEndpoint"].Text, out _, out _))
            {
                context.Report.Invalid(resource, listener["defaultEndpoint"], $"\"{listener["defaultEndpoint"].Text}\" is no place of an application.", "Write 127.0.0.1:PORT, 0.0.0.0:PORT or unix:///path.");
            }
            ServerTlsChecks.Run(context, resource, listener["tls"]);
        }
    }
}
