using Weft.Compile.GatewayApi;
using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Gateway API routes and Gateways.</summary>
internal static class RouteChecks
{
    public static void Run(AnalysisContext context, Resource route)
    {
        Field spec = new(route.Spec, FieldPath.Root.Child("spec"));
        bool mesh = false;
        bool gateway = false;
        foreach (Field parent in spec["parentRefs"].Items)
        {
            bool service = ServiceRoutes.IsMeshParent(parent);
            mesh |= service;
            gateway |= !service;
            if (service)
            {
                ServiceParent(context, route, parent);
            }
            else
            {
                GatewayParent(context, route, parent);
            }
        }
        BackendResolver resolver = new(context.Registry, context.Index.Grants, context.ClusterDomain, needsGrant: gateway && !mesh);
        foreach (Field rule in spec["rules"].Items)
        {
            foreach (Field reference in rule["backendRefs"].Items.Concat(rule["filters"].Items.Select(f => f["requestMirror"]["backendRef"])).Where(r => r.Exists))
            {
                Backend(context, route, reference, resolver);
            }
            Filters(context, route, rule);
        }
        Shadowed(context, route, spec["rules"]);
    }

    /// <summary>Rules are tried by how specific they are; of equal matches only the first is ever used.</summary>
    private static void Shadowed(AnalysisContext context, Resource route, Field rules)
    {
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        foreach (Field rule in rules.Items)
        {
            foreach (Field match in rule["matches"].Items)
            {
                if (!seen.TryAdd(Canonical(match), match.Path))
                {
                    context.Report.Add(route, ProblemCodes.RuleShadowed, match, $"{seen[Canonical(match)]} matches the same requests and comes first.");
                }
            }
        }
    }

    private static string Canonical(Field match)
    {
        Field path = match["path"];
        Field call = match["method"];
        string head = call.IsMap ? $"{Or(call["type"], "Exact")} {call["service"].Text}/{call["method"].Text}"
            : $"{call.Text} {Or(path["type"], "PathPrefix")} {Or(path["value"], "/")}";
        IEnumerable<string> fields = new[] { "headers", "queryParams" }.SelectMany(l => match[l].Items.Select(f =>
            $"{l} {(l == "headers" ? f["name"].Text.ToLowerInvariant() : f["name"].Text)} {Or(f["type"], "Exact")} {f["value"].Text}"));
        return string.Join('\n', fields.Order(StringComparer.Ordinal).Prepend(head));
    }

    private static string Or(Field field, string otherwise) => field.Text.Length > 0 ? field.Text : otherwise;

    public static void RunGateway(AnalysisContext context, Resource gateway)
    {
        Field spec = new(gateway.Spec, FieldPath.Root.Child("spec"));
        GatewayAttachments attachments = new(context.Index);
        if (!attachments.Gateways.IsOurs(gateway))
        {
            context.Report.Add(gateway, ProblemCodes.ClassUnknown, spec["gatewayClassName"], $"Nobody here serves the class \"{spec["gatewayClassName"].Text}\".");
        }
        foreach (Field listener in spec["listeners"].Items.Where(l => l["protocol"].Text is not ("HTTP" or "HTTPS" or "TLS" or "TCP")))
        {
            context.Report.Add(gateway, ProblemCodes.UnsupportedField, listener["protocol"], $"Listeners for {listener["protocol"].Text} are not served; use HTTP, HTTPS, TLS or TCP.");
        }
        foreach (Field reference in spec["listeners"].Items.SelectMany(l => l["tls"]["certificateRefs"].Items))
        {
            string ns = reference["namespace"].Text is { Length: > 0 } other ? other : gateway.Namespace;
            string name = reference["name"].Text;
            if (!context.Index.Grants.Allows(gateway, "", "Secret", ns, name))
            {
                context.Report.Add(gateway, ProblemCodes.ReferenceNotPermitted, reference, $"No ReferenceGrant in {ns} lets this Gateway use Secret {name}.");
            }
            else if (context.Index.Snapshot.Find(new ResourceKey("", "Secret", ns, name)) is null && (context.Whole || context.Resources.Any(r => r.Kind == "Secret")))
            {
                context.Report.Add(gateway, ProblemCodes.BackendNotFound, reference, $"Secret {ns}/{name} does not exist.", cure: "Create it, of type kubernetes.io/tls.");
            }
        }
    }

    private static void ServiceParent(AnalysisContext context, Resource route, Field parent)
    {
        string ns = parent["namespace"].Text is { Length: > 0 } other ? other : route.Namespace;
        Resource? service = context.Index.Snapshot.Find(new ResourceKey(parent["kind"].Text == "Service" ? "" : IstioKinds.Networking, parent["kind"].Text, ns, parent["name"].Text));
        if (service is null)
        {
            context.Report.Add(route, ProblemCodes.ParentNotFound, parent, $"{parent["kind"].Text} {ns}/{parent["name"].Text} does not exist.", context.MissingIn(ns));
        }
        else if (parent["port"].Number is { } port && !new Field(service.Spec)["ports"].Items.Any(p => (p["port"].Number ?? p["number"].Number) == port))
        {
            context.Report.Add(route, ProblemCodes.ParentNotFound, parent["port"], $"{service.Kind} {ns}/{service.Name} has no port {port}.");
        }
    }

    private static void GatewayParent(AnalysisContext context, Resource route, Field parent)
    {
        string ns = parent["namespace"].Text is { Length: > 0 } other ? other : route.Namespace;
        string name = parent["name"].Text;
        string kind = GatewayIndex.IsReferenceTo(parent, GatewayKinds.ListenerSet) ? GatewayKinds.ListenerSet : GatewayKinds.Gateway;
        if (context.Index.Snapshot.Find(new ResourceKey(GatewayKinds.Group, kind, ns, name)) is null)
        {
            context.Report.Add(route, ProblemCodes.ParentNotFound, parent, $"{kind} {ns}/{name} does not exist.", context.MissingIn(ns));
            return;
        }
        foreach (Attachment attachment in new GatewayAttachments(context.Index).All.Where(a => a.Route == route && !a.Accepted && a.Parent.Path == parent.Path))
        {
            context.Report.Add(route, ProblemCodes.NotAttached, parent, $"{attachment.Reason}: {attachment.Message}");
        }
    }

    private static void Backend(AnalysisContext context, Resource route, Field field, BackendResolver resolver)
    {
        RouteBackendRef reference = RouteBackendRef.Of(field);
        RouteBackend backend = resolver.Resolve(route, reference);
        if (backend.IsGood)
        {
            return;
        }
        string ns = reference.Namespace.Length > 0 ? reference.Namespace : route.Namespace;
        (string code, ProblemLevel level) = backend.Reason switch
        {
            "RefNotPermitted" => (ProblemCodes.ReferenceNotPermitted, ProblemLevel.Error),
            "InvalidKind" => (ProblemCodes.InvalidBackendKind, ProblemLevel.Error),
            _ => (ProblemCodes.BackendNotFound, context.MissingIn(ns)),
        };
        context.Report.Add(route, code, field, backend.Message, level);
    }

    private static void Filters(AnalysisContext context, Resource route, Field rule)
    {
        foreach (Field filter in rule["filters"].Items.Where(f => f["type"].Text is "ExtensionRef" or "ExternalAuth"))
        {
            context.Report.Add(route, ProblemCodes.UnsupportedField, filter, $"The filter {filter["type"].Text} cannot be run, and filters are never skipped: the rule answers 500.", ProblemLevel.Error);
        }
        if (rule["filters"].Items.Any(f => f["type"].Text == "RequestRedirect") && rule["filters"].Items.Any(f => f["type"].Text == "URLRewrite"))
        {
            context.Report.Add(route, ProblemCodes.WrongValue, rule["filters"], "RequestRedirect and URLRewrite exclude each other on one rule.");
        }
        foreach (Field filter in rule["backendRefs"].Items.SelectMany(b => b["filters"].Items).Where(f => f["type"].Text is not ("RequestHeaderModifier" or "ResponseHeaderModifier" or "URLRewrite")))
        {
            context.Report.Add(route, ProblemCodes.UnsupportedField, filter, $"The filter {filter["type"].Text} on a backend cannot be run: its share is answered 500.", ProblemLevel.Error);
        }
    }
}
