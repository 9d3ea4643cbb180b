using Weft.Dialects.Fields;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Workloads that several services lead to, and the namespaces they are in.</summary>
internal static class WorkloadChecks
{
    private static readonly string[] InjectionLabels = ["istio-injection", "istio.io/rev"];

    public static void Run(AnalysisContext context, Resource deployment)
    {
        Dictionary<string, string> labels = new Field(deployment.Spec)["template"]["metadata"]["labels"].Map;
        (ServiceConfig Service, ServicePortConfig Port)[] ports = [.. context.Registry.All
            .Where(s => s is { IsServiceEntry: false, Selector.Count: > 0 } && s.Namespace == deployment.Namespace && s.Selector.Selects(labels))
            .SelectMany(s => s.Ports.Select(p => (s, p)))];
        foreach (var same in ports.GroupBy(p => p.Port.Number).Where(g => Protocols(g).Distinct().Count() > 1))
        {
            context.Report.Add(deployment, "IST0116", "", $"This deployment {deployment.Name}.{deployment.Namespace} is associated with multiple services using port {same.Key} but different protocols: [{Names(same)}].");
        }
        foreach (var same in ports.GroupBy(p => p.Port.TargetPort.Length > 0 ? p.Port.TargetPort : $"{p.Port.Number}").Where(g => g.Select(p => p.Port.Number).Distinct().Count() > 1 && g.Select(p => p.Service).Distinct().Count() > 1))
        {
            context.Report.Add(deployment, "IST0137", "", $"This deployment {deployment.Name}.{deployment.Namespace} is associated with multiple services [{Names(same)}] using targetPort \"{same.Key}\" but different ports: [{string.Join(" ", same.Select(p => p.Port.Number).Distinct())}].");
        }
    }

    public static void RunNamespace(AnalysisContext context, Resource ns)
    {
        if (InjectionLabels.Count(ns.Labels.ContainsKey) > 1)
        {
            context.Report.Add(ns, "IST0123", "metadata.labels", $"The namespace has more than one type of injection labels [{string.Join(" ", InjectionLabels)}], which may lead to undefined behavior. Make sure only one injection label exists.");
        }
    }

    private static IEnumerable<AppProtocol> Protocols(IEnumerable<(ServiceConfig Service, ServicePortConfig Port)> ports) =>
        ports.Select(p => p.Port.Protocol).Where(p => p != AppProtocol.Detect);

    private static string Names(IEnumerable<(ServiceConfig Service, ServicePortConfig Port)> ports) =>
        string.Join(" ", ports.Select(p => $"{p.Service.Resource.Name}.{p.Service.Namespace}").Distinct());
}
