using Weft.Compile.Istio;
using Weft.Compile.Registry;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>
/// What checks look things up in. Files are often a part of what a mesh has: where they say nothing at all about a
/// namespace's services, a missing one is a warning and not an error. A control plane's store is whole.
/// </summary>
internal sealed class AnalysisContext
{
    private readonly HashSet<string> _described = new(StringComparer.Ordinal);
    private readonly ILookup<string, Resource> _variants;

    public AnalysisContext(IReadOnlyList<Resource> resources, MeshIndex index, bool whole)
    {
        Resources = resources;
        Index = index;
        Whole = whole;
        _described.UnionWith(resources.Where(r => r.Kind is "Service" or "ServiceEntry").Select(r => r.Namespace));
        _variants = resources.Where(r => r.Group == IstioKinds.Networking).ToLookup(r => r.Kind, StringComparer.Ordinal);
    }

    /// <summary>Every document, also those that a later one of the same name replaces: files of a directory are often alternatives.</summary>
    public IReadOnlyList<Resource> Resources { get; }

    public MeshIndex Index { get; }

    public MeshRegistry Registry => Index.Registry;

    public bool Whole { get; }

    public ProblemReport Report { get; } = new();

    public string ClusterDomain => Index.Options.ClusterDomain;

    /// <summary>Enough is known of a namespace to say that something is not there.</summary>
    public bool Describes(string ns) => Whole || _described.Contains(ns);

    public ProblemLevel MissingIn(string ns) => Describes(ns) ? ProblemLevel.Error : ProblemLevel.Warning;

    public IEnumerable<Resource> Istio(string kind) => _variants[kind];

    public string Complete(Field host, string ns) => HostNames.Complete(host.Text, ns, ClusterDomain);

    /// <summary>The namespace that a completed host would have to be in.</summary>
    public string NamespaceOf(string host, string otherwise)
    {
        string suffix = ".svc." + ClusterDomain;
        return host.EndsWith(suffix, StringComparison.Ordinal) && host[..^suffix.Length].Split('.') is [_, var ns] ? ns : otherwise;
    }

    /// <summary>Some version of a DestinationRule that covers the host, seen from the namespace, defines the subset.</summary>
    public bool HasSubset(string host, string subset) =>
        Istio("DestinationRule").Any(r => HostNames.Covers(Complete(new Field(r.Spec)["host"], r.Namespace), host)
            && new Field(r.Spec)["subsets"].Items.Any(s => s["name"].Text == subset));

    public bool HasWorkloads(string ns) => Registry.Workloads.PodsOf(ns).Any() || Resources.Any(r => r.Namespace == ns && r.Group == "apps");

    /// <summary>Labels of pods, entries, pod templates and members of groups of a namespace.</summary>
    public IEnumerable<IReadOnlyDictionary<string, string>> WorkloadLabels(string ns) => NamedWorkloads(ns).Select(w => w.Labels);

    public IEnumerable<(string Name, IReadOnlyDictionary<string, string> Labels)> NamedWorkloads(string ns) =>
        Registry.Workloads.PodsOf(ns).Concat(Registry.Workloads.EntriesOf(ns)).Select(w => (w.Name[(w.Name.IndexOf('/') + 1)..], w.Labels))
            .Concat(Resources.Where(r => r.Namespace == ns && r.Group == "apps").Select(r => (r.Name, (IReadOnlyDictionary<string, string>)new Field(r.Spec)["template"]["metadata"]["labels"].Map)))
            .Concat(Istio("WorkloadGroup").Where(g => g.Namespace == ns).Select(g => (g.Name, WorkloadGroupReader.Read(g).Labels)));
}
