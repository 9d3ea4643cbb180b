using Weft.Compile;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Policy.Authorization;
using Weft.Primitives;
using Weft.Resources;

namespace Weft.Cli.Explain;

/// <summary>Who asks: the scope that configuration is compiled for, and the identity that servers see.</summary>
internal sealed record ExplainCaller(ClientScope Scope, string Workload, PeerFacts? Identity, string Note)
{
    /// <summary>Null when there is no gateway of that name.</summary>
    public static ExplainCaller? Find(CompiledMesh mesh, ExplainRequest request) =>
        request.IsGateway ? ExplainGateways.Find(mesh, request) : Sidecar(mesh, request);

    private static ExplainCaller Sidecar(CompiledMesh mesh, ExplainRequest request)
    {
        int slash = request.From.IndexOf('/');
        string ns = slash < 0 ? request.From : request.From[..slash];
        string name = slash < 0 ? "" : request.From[(slash + 1)..];
        Resource? pod = name.Length == 0 ? null : Pod(mesh, ns, name);
        string workload = pod is not null ? $"{pod.Namespace}/{pod.Name}" : name.Length > 0 && mesh.Workload(request.From) is not null ? request.From : "";
        Model.V1.Workload? model = workload.Length > 0 ? mesh.Workload(workload) : null;
        WorkloadConfig? member = model is null && name.Length > 0 && mesh.Snapshot.Find(new ResourceKey(IstioKinds.Networking, "WorkloadGroup", ns, name)) is { } group
            ? WorkloadGroupReader.Read(group) : null;
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach ((string key, string value) in (model?.Labels.AsEnumerable() ?? member?.Labels ?? Enumerable.Empty<KeyValuePair<string, string>>()).Concat(request.FromLabels))
        {
            labels[key] = value;
        }
        string note = member is not null ? $"A member of WorkloadGroup {ns}/{name} is assumed." : model is null && name.Length > 0 ? $"No pod or WorkloadEntry {ns}/{name} is known: the caller is taken as a workload of namespace {ns} with the service account \"default\"." : "";
        return new ExplainCaller(new ClientScope(ns, labels), workload, IdentityOf(mesh, ns, model?.ServiceAccount ?? member?.ServiceAccount), note);
    }

    /// <summary>The pod itself, else one that a controller of that name made ("reviews-v1" for "reviews-v1-7d9f…"), else one of that app.</summary>
    public static Resource? Pod(CompiledMesh mesh, string ns, string name)
    {
        Resource[] pods = [.. mesh.Snapshot.OfKind("", "Pod").Where(p => p.Namespace == ns)];
        return Array.Find(pods, p => p.Name == name)
            ?? Array.Find(pods, p => p.Name.StartsWith(name + "-", StringComparison.Ordinal))
            ?? Array.Find(pods, p => p.Labels.TryGetValue("app", out string? app) && app == name);
    }

    public static PeerFacts? IdentityOf(CompiledMesh mesh, string ns, string? account) =>
        SpiffeId.TryParse($"spiffe://{mesh.Options.TrustDomain}/ns/{ns}/sa/{(string.IsNullOrEmpty(account) ? "default" : account)}", out SpiffeId? id) ? new PeerFacts(id) : null;
}
