using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Dialects.Istio;
using Weft.Dialects.Kubernetes;
using Weft.Dialects.Registry;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Resources;

namespace Weft.Cli.Up;

/// <summary>
/// Joins a process to a WorkloadGroup: what its template says holds, unless the command line says otherwise. Services that select the group's
/// labels find it; none is made for it.
/// </summary>
internal static class RunGroup
{
    private const string GroupAnnotation = "istio.io/autoRegistrationGroup";
    private const string DefaultAccount = "default";

    public static async Task<RunOptions> JoinAsync(RunOptions options, string name, MeshResources resources, CancellationToken ct)
    {
        ResourceType type = ResourceCatalog.BuiltIn.Find(IstioKinds.Networking, "WorkloadGroup") ?? throw new InvalidOperationException("WorkloadGroup is a built-in kind.");
        JsonObject found = await resources.FindAsync(MeshResources.PathOf(type, options.Namespace, name), ct)
            ?? throw CommandException.No($"Namespace {options.Namespace} has no WorkloadGroup {name}.", $"`weft get workloadgroups -n {options.Namespace}` lists them; `weft apply -f FILE` makes one.");
        return Join(options, new Resource(found));
    }

    internal static RunOptions Join(RunOptions options, Resource group)
    {
        WorkloadConfig member = WorkloadGroupReader.Read(group);
        var annotations = new Dictionary<string, string>(WorkloadGroupReader.Annotations(group), StringComparer.Ordinal) { [GroupAnnotation] = group.Name };
        if (member.Locality.Length > 0) { annotations[MeshAnnotations.Locality] = member.Locality; }
        if (member.Weight > 1) { annotations[MeshAnnotations.Weight] = member.Weight.ToString(); }
        string version = !options.NamesVersion && member.Labels.TryGetValue("version", out string? own) ? own : options.Version;
        var labels = new Dictionary<string, string>(member.Labels, StringComparer.Ordinal) { ["version"] = version };
        if (options.NamesService) { labels["app"] = options.Service; }
        foreach ((string key, string value) in options.Labels) { labels[key] = value; }
        return options with
        {
            Version = version,
            Labels = labels,
            Annotations = annotations,
            ServiceAccount = options.ServiceAccount.Length > 0 ? options.ServiceAccount : member.ServiceAccount.Length > 0 ? member.ServiceAccount : DefaultAccount,
            Ports = options.Ports.Count > 0 ? options.Ports : [.. member.Ports.Select(p => new PodPort((int)p.Value, p.Key))],
        };
    }
}
