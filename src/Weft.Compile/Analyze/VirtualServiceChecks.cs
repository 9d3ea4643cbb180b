using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Validity and references of one VirtualService.</summary>
internal static class VirtualServiceChecks
{
    private static readonly string[] Actions = ["route", "redirect", "directResponse", "delegate"];
    private static readonly string[] Durations = ["timeout"];

    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        if (spec["http"].Count + spec["tls"].Count + spec["tcp"].Count == 0)
        {
            context.Report.Invalid(resource, spec, "A VirtualService needs http, tls or tcp rules.", "Add a rule.");
        }
        if (resource.Annotations.TryGetValue(SplitBy.Annotation, out string? split) && !SplitBy.TryParse(split, out _))
        {
            context.Report.Add(resource, ProblemCodes.WrongValue, $"metadata.annotations[\"{SplitBy.Annotation}\"]", $"\"{split}\" says no way to split by.", cure: "Write header:NAME, query:NAME, source, claim:NAME, cookie:NAME or cookie:NAME=24h.");
        }
        Gateways(context, resource, spec);
        ClaimChecks.Run(context, resource, spec);
        foreach (Field rule in spec["http"].Items)
        {
            Rule(context, resource, rule);
        }
        foreach (Field rule in spec["tls"].Items.Concat(spec["tcp"].Items))
        {
            foreach (Field destination in rule["route"].Items)
            {
                Destination(context, resource, destination["destination"]);
            }
        }
        foreach (Field match in spec["tls"].Items.SelectMany(r => r["match"].Items).Where(m => m["sniHosts"].Count == 0))
        {
            context.Report.Invalid(resource, match, "A match of a tls rule needs sniHosts.", "Add the server names.");
        }
    }

    private static void Rule(AnalysisContext context, Resource resource, Field rule)
    {
        string[] actions = [.. Actions.Where(a => rule[a].Exists)];
        if (actions.Length == 0)
        {
            context.Report.Invalid(resource, rule, "An http rule needs route, redirect, directResponse or delegate.", "Add a route.");
        }
        else if (actions.Length > 1)
        {
            context.Report.Invalid(resource, rule, $"{string.Join(" and ", actions)} exclude each other.", "Keep one.");
        }
        if (rule["mirror"].Exists && rule["mirrors"].Count > 0)
        {
            context.Report.Invalid(resource, rule["mirrors"], "mirror and mirrors exclude each other.", "Move the mirror into the list.");
        }
        Times(context, resource, rule);
        Retries(context, resource, rule["retries"]);
        Weights(context, resource, rule["route"]);
        foreach (Field destination in rule["route"].Items.Select(r => r["destination"]).Concat(rule["mirrors"].Items.Select(m => m["destination"])).Append(rule["mirror"]).Where(d => d.Exists))
        {
            Destination(context, resource, destination);
        }
        Delegate(context, resource, rule["delegate"]);
        if (rule["rewrite"]["uri"].Exists && rule["rewrite"]["uriRegexRewrite"].Exists)
        {
            context.Report.Invalid(resource, rule["rewrite"], "uri and uriRegexRewrite exclude each other.", "Keep one.");
        }
    }

    private static void Times(AnalysisContext context, Resource resource, Field rule)
    {
        IEnumerable<Field> durations = Durations.Select(d => rule[d]).Append(rule["retries"]["perTryTimeout"]).Append(rule["retries"]["backoff"])
            .Append(rule["fault"]["delay"]["fixedDelay"]).Append(rule["corsPolicy"]["maxAge"]);
        foreach (Field duration in durations.Where(d => d.IsText && d.Duration is null))
        {
            context.Report.Invalid(resource, duration, $"\"{duration.Text}\" is not a duration.", "Write it as 500ms, 1.5s or 2m.");
        }
        if (rule["timeout"] is { Exists: true, Duration: { Ticks: 0 } } never)
        {
            context.Report.Add(resource, "IST0106", never, "Istio refuses a timeout of 0s; here it means no timeout.", ProblemLevel.Warning, "Remove it.");
        }
        foreach (Field percent in new[] { rule["fault"]["delay"], rule["fault"]["abort"] }.Where(f => f.Exists).Select(f => f["percentage"]["value"]).Where(v => v.Real is < 0 or > 100))
        {
            context.Report.Invalid(resource, percent, "A percentage lies between 0 and 100.");
        }
        if (rule["fault"]["abort"]["httpStatus"] is { Exists: true } status && status.Number is not (>= 200 and < 600))
        {
            context.Report.Invalid(resource, status, $"{status.Text} is not an HTTP status.", "Write a number from 200 to 599.");
        }
    }

    private static void Retries(AnalysisContext context, Resource resource, Field retries)
    {
        foreach (string word in retries["retryOn"].Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!uint.TryParse(word, out _) && word != "retriable-status-codes" && RetryReader.Condition(word) is null)
            {
                context.Report.Add(resource, ProblemCodes.UnsupportedField, retries["retryOn"], $"The retry condition \"{word}\" is not acted on.");
            }
        }
        if (retries["attempts"].Integer is < 0)
        {
            context.Report.Invalid(resource, retries["attempts"], "attempts cannot be negative.");
        }
    }

    private static void Weights(AnalysisContext context, Resource resource, Field route)
    {
        if (route.Count > 1 && route.Items.All(r => (r["weight"].Integer ?? 0) == 0))
        {
            context.Report.Invalid(resource, route, "The weights add up to 0: nobody gets anything.", "Give the destinations weights.");
        }
        long sum = route.Items.Sum(r => r["weight"].Integer ?? 0);
        if (route.Count > 1 && sum is > 0 and not 100)
        {
            context.Report.Add(resource, ProblemCodes.WeightsUneven, route.Items.Last(r => r["weight"].Exists)["weight"], $"The weights add up to {sum}, not 100: each destination gets its weight divided by {sum}.");
        }
        foreach (Field weight in route.Items.Select(r => r["weight"]).Where(w => w.Integer < 0))
        {
            context.Report.Invalid(resource, weight, "A weight cannot be negative.");
        }
    }

    private static void Destination(AnalysisContext context, Resource resource, Field destination)
    {
        Field host = destination["host"];
        if (host.Text.Length == 0)
        {
            context.Report.Invalid(resource, destination, "A destination needs a host.", "Add host.");
            return;
        }
        string full = context.Complete(host, resource.Namespace);
        string ns = context.NamespaceOf(full, resource.Namespace);
        if (context.Registry.Resolve(full, resource.Namespace) is not { } service)
        {
            context.Report.Add(resource, "IST0101", host, $"Referenced host not found: \"{host.Text}\".", context.MissingIn(ns),
                host.Text.Contains('.') && !full.EndsWith(context.ClusterDomain, StringComparison.Ordinal) ? "A name with a dot is taken as it is: write service.namespace.svc.cluster.local, or add a ServiceEntry." : "Correct the name, or add the Service.");
            return;
        }
        if (destination["port"]["number"].Number is { } port)
        {
            if (service.Port(port) is null)
            {
                context.Report.Add(resource, "IST0101", destination["port"]["number"], $"Referenced host:port not found: \"{host.Text}:{port}\".", cure: $"{service.Host} has {Ports(service)}.");
            }
        }
        else if (service.Ports.Count > 1)
        {
            context.Report.Add(resource, "IST0112", destination, $"This VirtualService routes to a service \"{host.Text}\" that exposes multiple ports [{string.Join(" ", service.Ports.Select(p => p.Number))}].");
        }
        if (destination["subset"].Text is { Length: > 0 } subset && !context.HasSubset(service.Host, subset))
        {
            context.Report.Add(resource, "IST0101", destination["subset"], $"Referenced host+subset in destinationrule not found: \"{host.Text}+{subset}\".", context.MissingIn(ns), "Define the subset in a DestinationRule of the host.");
        }
    }

    private static string Ports(ServiceConfig service) => "port " + string.Join(", ", service.Ports.Select(p => p.Number));

    private static void Delegate(AnalysisContext context, Resource resource, Field target)
    {
        if (!target.Exists)
        {
            return;
        }
        string ns = target["namespace"].Text is { Length: > 0 } other ? other : resource.Namespace;
        Resource? found = context.Istio("VirtualService").FirstOrDefault(v => v.Namespace == ns && v.Name == target["name"].Text);
        if (found is null)
        {
            context.Report.Add(resource, "IST0101", target, $"Referenced VirtualService not found: \"{ns}/{target["name"].Text}\".");
        }
        else if (new Field(found.Spec)["hosts"].Count > 0)
        {
            context.Report.Invalid(resource, target, $"VirtualService {ns}/{found.Name} has hosts of its own and cannot be a delegate.", "Remove its hosts.");
        }
    }

    private static void Gateways(AnalysisContext context, Resource resource, Field spec)
    {
        foreach (Field name in spec["gateways"].Items.Where(g => g.Text is { Length: > 0 } and not IstioScope.Mesh))
        {
            string full = VirtualServiceConfig.GatewayName(name.Text, resource.Namespace);
            Resource? gateway = context.Istio("Gateway").FirstOrDefault(g => $"{g.Namespace}/{g.Name}" == full);
            if (gateway is null)
            {
                context.Report.Add(resource, "IST0101", name, $"Referenced gateway not found: \"{name.Text}\".", context.MissingIn(full[..full.IndexOf('/')]), "Correct the name, or add the Gateway.");
                continue;
            }
            string[] served = [.. new Field(gateway.Spec)["servers"].Items.SelectMany(s => s["hosts"].Texts).Select(h => h[(h.IndexOf('/') + 1)..].ToLowerInvariant())];
            foreach (Field host in spec["hosts"].Items)
            {
                if (!served.Any(s => HostNames.Intersect(context.Complete(host, resource.Namespace), s) is not null))
                {
                    context.Report.Add(resource, "IST0132", host, $"one or more host [{host.Text}] defined in VirtualService {resource.Namespace}/{resource.Name} not found in Gateway {full}.");
                }
            }
        }
    }
}
