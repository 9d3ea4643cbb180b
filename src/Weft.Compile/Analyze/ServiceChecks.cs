using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Services and ServiceEntries.</summary>
internal static class ServiceChecks
{
    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        bool external = spec["type"].Text == "ExternalName";
        foreach (Field port in spec["ports"].Items)
        {
            uint number = port["port"].Number ?? 0;
            if (PortProtocol.Select(number, port["name"].Text, port["protocol"].Text, port["appProtocol"].Text) != AppProtocol.Detect)
            {
                continue;
            }
            string name = port["name"].Text;
            string target = port["targetPort"].Text is { Length: > 0 } written ? written : $"{number}";
            context.Report.Add(resource, external ? "IST0150" : "IST0118", port, external
                ? "Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly."
                : $"Port name {name} (port: {number}, targetPort: {target}) doesn't follow the naming convention of Istio port.");
        }
    }

    public static void RunEntry(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        string resolution = spec["resolution"].Text;
        if (spec["hosts"].Count == 0)
        {
            context.Report.Invalid(resource, spec, "A ServiceEntry needs hosts.", "Add hosts.");
        }
        foreach (Field host in spec["hosts"].Items.Where(h => h.Text == "*"))
        {
            context.Report.Invalid(resource, host, "\"*\" alone is no host of a ServiceEntry.", "Name a domain, such as *.example.com.");
        }
        if (resolution is "" or "NONE" && spec["endpoints"].Count > 0)
        {
            context.Report.Invalid(resource, spec["endpoints"], "With resolution NONE the address that was dialled is used; there can be no endpoints.", "Set resolution: STATIC or DNS.");
        }
        if (spec["endpoints"].Count > 0 && spec["workloadSelector"].Exists)
        {
            context.Report.Invalid(resource, spec["workloadSelector"], "endpoints and workloadSelector exclude each other.", "Keep one.");
        }
        if (resolution == "DNS_ROUND_ROBIN" && spec["endpoints"].Count > 1)
        {
            context.Report.Invalid(resource, spec["endpoints"], "DNS_ROUND_ROBIN takes one endpoint at most.", "Use resolution: DNS.");
        }
        if (resolution == "STATIC" && spec["endpoints"].Count == 0 && !spec["workloadSelector"].Exists)
        {
            context.Report.Invalid(resource, spec, "With resolution STATIC a ServiceEntry needs endpoints or a workloadSelector.", "Add endpoints.");
        }
        foreach (Field port in spec["ports"].Items.Where(p => spec["addresses"].Count == 0 && PortProtocol.Parse(p["protocol"].Text, out _) is AppProtocol.Tcp or AppProtocol.Detect))
        {
            context.Report.Add(resource, "IST0134", port, "ServiceEntry addresses are required for this protocol.");
        }
    }
}
