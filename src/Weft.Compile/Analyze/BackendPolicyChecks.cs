using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Weft's BackendPolicies.</summary>
internal static class BackendPolicyChecks
{
    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        Target(context, resource, spec);
        Field check = spec["healthCheck"];
        Range(context, resource, check["interval"], BackendPolicyReader.ProbeIntervalMin, BackendPolicyReader.ProbeIntervalMax);
        Range(context, resource, check["timeout"], BackendPolicyReader.ProbeTimeoutMin, BackendPolicyReader.ProbeTimeoutMax);
        Range(context, resource, spec["hedging"]["after"], BackendPolicyReader.HedgeAfterMin, BackendPolicyReader.HedgeAfterMax);
        if (BackendPolicyReader.HealthCheck(resource) is { } read && read.Timeout.ToTimeSpan() > read.Interval.ToTimeSpan())
        {
            Wrong(context, resource, check["timeout"].Exists ? check["timeout"] : check["interval"], $"A probe may take {Text(read.Timeout.ToTimeSpan())}, longer than the interval of {Text(read.Interval.ToTimeSpan())}: the next one waits for it.",
                "Write a timeout that is not longer than the interval.");
        }
        if (!check.Exists && !spec["hedging"].Exists && !spec["zoneAware"].Exists)
        {
            Wrong(context, resource, spec, "The policy says nothing about its target.", "Add healthCheck, hedging or zoneAware.");
        }
    }

    private static void Target(AnalysisContext context, Resource resource, Field spec)
    {
        Field target = spec["targetRef"];
        string kind = target["kind"].Text;
        ServiceConfig? service = context.Registry.All.FirstOrDefault(s => s.Namespace == resource.Namespace && s.Resource.Kind == kind && s.Resource.Name == target["name"].Text);
        if (service is null)
        {
            context.Report.Add(resource, ProblemCodes.TargetNotFound, target["name"], $"There is no {kind} {resource.Namespace}/{target["name"].Text}.", context.MissingIn(resource.Namespace));
            return;
        }
        if (target["port"].Number is { } port && service.Port(port) is null)
        {
            context.Report.Add(resource, ProblemCodes.TargetNotFound, target["port"], $"{kind} {resource.Namespace}/{target["name"].Text} has no port {port}.", ProblemLevel.Error, $"Use one of {string.Join(", ", service.Ports.Select(p => p.Number))}.");
        }
        if (context.Index.Backends.Winner(resource) is { } winner)
        {
            context.Report.Add(resource, ProblemCodes.TargetTaken, target, $"{winner} is older and has the same target.");
        }
        if (service.Resolution == ServiceResolution.OriginalDestination && spec["healthCheck"].Exists)
        {
            context.Report.Add(resource, ProblemCodes.UnsupportedField, spec["healthCheck"], $"{service.Host} has no endpoints of its own that could be asked: whatever a client dials is dialled.", cure: "Remove it, or give the ServiceEntry a resolution of STATIC or DNS.");
        }
    }

    private static void Range(AnalysisContext context, Resource resource, Field field, TimeSpan min, TimeSpan max)
    {
        if (field.Duration is { } value && (value < min || value > max))
        {
            Wrong(context, resource, field, $"{field.Text} is {(value < min ? "shorter" : "longer")} than what is allowed; {Text(value < min ? min : max)} is used.", $"Write a duration from {Text(min)} to {Text(max)}.");
        }
    }

    private static void Wrong(AnalysisContext context, Resource resource, Field field, string message, string cure) =>
        context.Report.Add(resource, ProblemCodes.WrongValue, field, message, ProblemLevel.Warning, cure);

    private static string Text(TimeSpan value) => value.TotalMilliseconds < 1000 ? $"{value.TotalMilliseconds}ms" : $"{value.TotalSeconds}s";
}
