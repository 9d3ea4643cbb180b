using Weft.Compile.Routing;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Resources that are good alone and not together.</summary>
internal static class ConflictChecks
{
    public static void Run(AnalysisContext context)
    {
        VirtualServiceHosts(context);
        Dialects(context);
        Gateways(context);
        DuplicateCertificates(context);
        Selectors(context, IstioKinds.Networking, "Sidecar", "IST0110", s => s["workloadSelector"]["labels"]);
        Selectors(context, IstioKinds.Telemetry, "Telemetry", "IST0159", s => s["selector"]["matchLabels"]);
        Singles(context, IstioKinds.Networking, "Sidecar", "IST0111", "workloadSelector", (names, ns) => $"The Sidecars [{names}] in namespace \"{ns}\" have no workload selector, which can lead to undefined behavior.");
        Singles(context, IstioKinds.Telemetry, "Telemetry", "IST0160", "selector", (names, ns) => $"The Telemetries [{names}] in namespace \"{ns}\" have no workload selector, which can lead to undefined behavior.");
    }

    /// <summary>Private ones of different namespaces do not meet.</summary>
    private static void VirtualServiceHosts(AnalysisContext context)
    {
        foreach (string host in context.Index.VirtualServices.MeshHosts)
        {
            VirtualServiceConfig[] same = [.. context.Index.VirtualServices.All.Where(v => v.IsForMesh && v.Hosts.Contains(host))];
            foreach (VirtualServiceConfig service in same)
            {
                VirtualServiceConfig[] meets = [.. same.Where(o => o == service || o.Visibility.Includes(service.Resource.Namespace) || service.Visibility.Includes(o.Resource.Namespace))];
                if (meets.Length > 1)
                {
                    string names = string.Join(",", meets.Select(m => $"{m.Resource.Namespace}/{m.Resource.Name}"));
                    context.Report.Add(service.Resource, "IST0109", $"spec.hosts[{service.Hosts.ToList().IndexOf(host)}]", $"The VirtualServices {names} associated with mesh gateway define the same host {host} which can lead to undefined behavior.");
                }
            }
        }
    }

    private static void Dialects(AnalysisContext context)
    {
        RouteOwners owners = new(context.Index);
        foreach (VirtualServiceConfig routes in context.Index.VirtualServices.All.Where(v => v.IsForMesh))
        {
            ClientScope scope = new(routes.Resource.Namespace);
            foreach (string host in routes.Hosts)
            {
                ServiceConfig? service = context.Registry.Find(host, scope.Namespace);
                foreach (ServicePortConfig port in service?.Ports.Where(p => owners.Of(service, p.Number, scope) == RouteDialect.GatewayApi) ?? [])
                {
                    Resource owner = context.Index.GatewayRoutes.ForService(service!, port.Number, scope.Namespace)[0];
                    context.Report.Add(routes.Resource, ProblemCodes.Conflicted, "spec.hosts", $"{owner} routes {host}:{port.Number} (the order is Gateway API, then Istio), so this VirtualService has no effect there.");
                }
            }
        }
    }

    private static void Gateways(AnalysisContext context)
    {
        var servers = context.Index.Snapshot.OfKind(IstioKinds.Networking, "Gateway").SelectMany(g => new Field(g.Spec, FieldPath.Root.Child("spec"))["servers"].Items.Select(s => (Gateway: g, Server: s)))
            .SelectMany(s => s.Server["hosts"].Items.Select(h => (s.Gateway, Host: h, Port: s.Server["port"]["number"].Text,
                Selector: Written(new Field(s.Gateway.Spec)["selector"]))));
        foreach (var same in servers.GroupBy(s => (s.Selector, s.Port, Name: s.Host.Text)).Where(g => g.Select(s => s.Gateway).Distinct().Count() > 1))
        {
            foreach (var server in same)
            {
                string others = string.Join(",", same.Select(s => s.Gateway).Distinct().Where(g => g != server.Gateway).Select(g => $"{g.Namespace}/{g.Name}"));
                // Plain HTTP servers are merged and both work; with TLS one of them is dropped.
                context.Report.Add(server.Gateway, "IST0145", server.Host, $"Conflict with gateways {others} (workload selector {same.Key.Selector}, port {same.Key.Port}, hosts {same.Key.Name}).");
            }
        }
    }

    /// <summary>One certificate in two Gateways of one selector: browsers then send requests of both over one HTTP/2 connection.</summary>
    private static void DuplicateCertificates(AnalysisContext context)
    {
        var named = context.Index.Snapshot.OfKind(IstioKinds.Networking, "Gateway")
            .SelectMany(g => new Field(g.Spec, FieldPath.Root.Child("spec"))["servers"].Items.Select(s => s["tls"]["credentialName"]).Where(c => c.Text.Length > 0)
                .Select(c => (Gateway: g, Name: c, Selector: Written(new Field(g.Spec)["selector"]))));
        foreach (var same in named.GroupBy(n => (n.Selector, n.Name.Text)).Where(s => s.Select(n => n.Gateway).Distinct().Count() > 1))
        {
            string gateways = string.Join(" ", same.Select(n => $"{n.Gateway.Namespace}/{n.Gateway.Name}").Distinct());
            foreach (var use in same)
            {
                context.Report.Add(use.Gateway, "IST0138", use.Name, $"Duplicate certificate in multiple gateways [{gateways}] may cause misdirected requests if clients re-use HTTP/2 connections.");
            }
        }
    }

    /// <summary>Two resources whose selectors meet in one workload.</summary>
    private static void Selectors(AnalysisContext context, string group, string kind, string code, Func<Field, Field> selector)
    {
        foreach (IGrouping<string, Resource> ns in context.Index.Snapshot.OfKind(group, kind).Where(r => selector(new Field(r.Spec)).Count > 0).GroupBy(r => r.Namespace).Where(g => g.Count() > 1))
        {
            foreach ((string workload, IReadOnlyDictionary<string, string> labels) in context.NamedWorkloads(ns.Key))
            {
                Resource[] selecting = [.. ns.Where(r => selector(new Field(r.Spec)).Map.Selects(labels))];
                foreach (Resource resource in selecting.Length > 1 ? selecting : [])
                {
                    string plural = kind == "Telemetry" ? "Telemetries" : kind + "s";
                    Field at = selector(new Field(resource.Spec, FieldPath.Root.Child("spec")));
                    context.Report.AddOnce(resource, code, at, $"The {plural} [{string.Join(" ", selecting.Select(s => s.Name))}] in namespace \"{ns.Key}\" select the same workload pod \"{workload}\", which can lead to undefined behavior.");
                }
            }
        }
    }

    private static string Written(Field selector) => string.Join(",", selector.Map.OrderBy(l => l.Key).Select(l => $"{l.Key}={l.Value}"));

    private static void Singles(AnalysisContext context, string group, string kind, string code, string selector, Func<string, string, string> message)
    {
        foreach (IGrouping<string, Resource> ns in context.Index.Snapshot.OfKind(group, kind).Where(r => !new Field(r.Spec)[selector].Exists && !new Field(r.Spec)["targetRefs"].Exists).GroupBy(r => r.Namespace).Where(g => g.Count() > 1))
        {
            foreach (Resource resource in ns)
            {
                context.Report.Add(resource, code, "spec", message(string.Join(" ", ns.Select(r => r.Name)), ns.Key));
            }
        }
    }
}
