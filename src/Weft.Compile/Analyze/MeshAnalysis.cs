using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.Compile.Analyze;

/// <summary>Everything that can be said about resources before they carry traffic. Pure.</summary>
public static class MeshAnalysis
{
    /// <summary>Of files: shapes, references, conflicts. All documents are looked at, also those of one name.</summary>
    public static IReadOnlyList<Problem> OfFiles(IReadOnlyList<Resource> resources, CompileOptions options)
    {
        MeshIndex index = new(ResourceSnapshot.Of(resources), options);
        AnalysisContext context = new(resources, index, whole: false);
        foreach (Resource resource in resources)
        {
            Shape(resource, context.Report);
            ExpressionChecks.Run(resource, context.Report);
        }
        WrittenTwice(resources, context.Report);
        Run(context, resources);
        return context.Report.Problems;
    }

    /// <summary>Of everything a store holds; shapes were checked at its door.</summary>
    public static IReadOnlyList<Problem> OfSnapshot(ResourceSnapshot snapshot, CompileOptions options) => OfIndex(new MeshIndex(snapshot, options));

    /// <summary>What a resource cannot be stored with, because no proxy could take it.</summary>
    public static IReadOnlyList<Problem> Refusals(Resource resource)
    {
        ProblemReport report = new();
        ExpressionChecks.Run(resource, report);
        return report.Problems;
    }

    /// <summary>One resource that is about to be written, in the light of the others: what admission warns about.</summary>
    public static IReadOnlyList<Problem> Check(Resource resource, ResourceSnapshot snapshot, CompileOptions options)
    {
        ResourceSnapshot with = snapshot.With(resource, snapshot.Revision);
        AnalysisContext context = new([.. with.All], new MeshIndex(with, options), whole: true);
        Run(context, [resource]);
        return [.. context.Report.Problems.Where(p => p.Resource == resource.Key)];
    }

    internal static IReadOnlyList<Problem> OfIndex(MeshIndex index)
    {
        Resource[] all = [.. index.Snapshot.All];
        AnalysisContext context = new(all, index, whole: true);
        Run(context, all);
        return context.Report.Problems;
    }

    private static void Run(AnalysisContext context, IReadOnlyList<Resource> resources)
    {
        foreach (Resource resource in resources)
        {
            One(context, resource);
        }
        ConflictChecks.Run(context);
    }

    private static void One(AnalysisContext context, Resource resource)
    {
        UnsupportedChecks.Run(context, resource);
        switch (resource.Group, resource.Kind)
        {
            case ("", "Service"):
                ServiceChecks.Run(context, resource);
                break;
            case ("", "Namespace"):
                WorkloadChecks.RunNamespace(context, resource);
                break;
            case ("apps", _):
                WorkloadChecks.Run(context, resource);
                break;
            case (IstioKinds.Networking, "VirtualService"):
                VirtualServiceChecks.Run(context, resource);
                ReachabilityChecks.Run(context, resource);
                break;
            case (IstioKinds.Networking, "DestinationRule"):
                DestinationRuleChecks.Run(context, resource);
                break;
            case (IstioKinds.Networking, "Gateway"):
                GatewayChecks.Run(context, resource);
                break;
            case (IstioKinds.Networking, "ServiceEntry"):
                ServiceChecks.RunEntry(context, resource);
                break;
            case (IstioKinds.Security or IstioKinds.Telemetry, _) or (IstioKinds.Networking, "Sidecar"):
                PolicyChecks.Run(context, resource);
                break;
            case (GatewayKinds.Group, GatewayKinds.HttpRoute or GatewayKinds.GrpcRoute or GatewayKinds.TlsRoute or GatewayKinds.TcpRoute):
                RouteChecks.Run(context, resource);
                break;
            case (IstioKinds.Weft, BackendPolicyReader.Kind):
                BackendPolicyChecks.Run(context, resource);
                break;
            case (GatewayKinds.Group, "Gateway"):
                RouteChecks.RunGateway(context, resource);
                break;
        }
    }

    private static void Shape(Resource resource, ProblemReport report)
    {
        if (ResourceCatalog.BuiltIn.FindApiVersion(resource.ApiVersion, resource.Kind) is not { } type)
        {
            ResourceType? same = ResourceCatalog.BuiltIn.Types.FirstOrDefault(t => t.Kind == resource.Kind && t.Group == resource.Group);
            report.Add(resource, ProblemCodes.UnknownKind, "apiVersion", same is null ? $"{resource.Kind} of {resource.ApiVersion} is not a kind that Weft knows." : $"{resource.Kind} has no version {resource.ApiVersion}.",
                same is null ? null : ProblemLevel.Error, same is null ? null : $"Write apiVersion: {same.ApiVersion}.");
            return;
        }
        bool istio = resource.Group.EndsWith("istio.io", StringComparison.Ordinal);
        foreach (SchemaProblem problem in SchemaCheck.Run(resource.Json, ResourceCatalog.BuiltIn.Schema(type)))
        {
            string code = istio ? "IST0106" : problem.Kind == SchemaProblemKind.UnknownField ? ProblemCodes.UnknownField : ProblemCodes.WrongValue;
            report.Add(resource, code, problem.Path, problem.Message + ".", cure: Sentence(problem.Cure));
        }
    }

    private static string Sentence(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..] + (text[^1] is '?' or '.' ? "" : ".");

    private static void WrittenTwice(IReadOnlyList<Resource> resources, ProblemReport report)
    {
        foreach (IGrouping<ResourceKey, Resource> same in resources.GroupBy(r => r.Key).Where(g => g.Count() > 1))
        {
            string files = string.Join(", ", same.Select(r => r.Source).OfType<SourcePosition>().Select(s => $"{s.File}:{s.Line}"));
            report.Add(same.Last(), ProblemCodes.WrittenTwice, "", $"{same.Key} is written {same.Count()} times: {files}.");
        }
    }
}
