using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>One BackendTLSPolicy as far as it holds: how a gateway speaks TLS to a service.</summary>
/// <param name="AuthorityPem">Empty: the system's roots, when the policy asks for them.</param>
/// <param name="RefsReason">"ResolvedRefs", or what is wrong with the references.</param>
internal sealed record BackendTlsConfig(Resource Policy, string Hostname, IReadOnlyList<string> SubjectAltNames, string AuthorityPem, string RefsReason, string Message)
{
    public bool IsValid => RefsReason == "ResolvedRefs" || AuthorityPem.Length > 0;
}

/// <summary>BackendTLSPolicies by what they target. Of several for one target the oldest holds; one for a port comes before one for the service.</summary>
internal sealed class BackendTlsPolicies
{
    private readonly ResourceSnapshot _snapshot;
    private readonly Dictionary<(string Namespace, string Service, string Section), BackendTlsConfig> _byTarget = [];

    public BackendTlsPolicies(ResourceSnapshot snapshot)
    {
        _snapshot = snapshot;
        foreach (Resource policy in snapshot.OfKind(GatewayKinds.Group, GatewayKinds.BackendTlsPolicy).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            foreach ((string service, string section) in Targets(policy))
            {
                _byTarget.TryAdd((policy.Namespace, service, section), Read(policy));
            }
        }
    }

    /// <summary>Services of its own namespace; other kinds of targets are not Weft's.</summary>
    public static IEnumerable<(string Service, string Section)> Targets(Resource policy) => new Field(policy.Spec)["targetRefs"].Items
        .Where(t => t["group"].Text.Length == 0 && t["kind"].Text == "Service").Select(t => (t["name"].Text, t["sectionName"].Text));

    public BackendTlsConfig? For(ServiceConfig service, uint port)
    {
        if (_byTarget.Count == 0 || service.IsServiceEntry)
        {
            return null;
        }
        string section = service.Port(port)?.Name ?? "";
        return (section.Length > 0 ? _byTarget.GetValueOrDefault((service.Namespace, service.Resource.Name, section)) : null)
            ?? _byTarget.GetValueOrDefault((service.Namespace, service.Resource.Name, ""));
    }

    /// <summary>The policy that has the target before this one; null when this one holds.</summary>
    public Resource? Winner(Resource policy, string service, string section) =>
        _byTarget.TryGetValue((policy.Namespace, service, section), out BackendTlsConfig? holder) && holder.Policy != policy ? holder.Policy : null;

    public BackendTlsConfig Read(Resource policy)
    {
        Field validation = new Field(policy.Spec)["validation"];
        List<string> authorities = [];
        (string reason, string message) = ("ResolvedRefs", "");
        foreach (Field reference in validation["caCertificateRefs"].Items)
        {
            string kind = reference["kind"].Text;
            string pem = reference["group"].Text.Length == 0 && kind is "ConfigMap" or "Secret" ? AuthorityReader.Read(_snapshot, kind, policy.Namespace, reference["name"].Text) : "";
            authorities.Add(pem);
            if (pem.Length == 0 && reason == "ResolvedRefs")
            {
                (reason, message) = reference["group"].Text.Length == 0 && kind is "ConfigMap" or "Secret"
                    ? ("InvalidCACertificateRef", $"{kind} {policy.Namespace}/{reference["name"].Text} does not exist or its ca.crt holds no certificate.")
                    : ("InvalidKind", $"{kind} {reference["name"].Text} cannot hold an authority's certificate; use a ConfigMap with ca.crt.");
            }
        }
        if (authorities.Count == 0 && validation["wellKnownCACertificates"].Text != "System")
        {
            (reason, message) = ("InvalidCACertificateRef", "validation names no authority: write caCertificateRefs, or wellKnownCACertificates: System.");
        }
        string[] names = [.. validation["subjectAltNames"].Items.Select(n => n["type"].Text == "URI" ? n["uri"].Text : n["hostname"].Text).Where(n => n.Length > 0)];
        return new BackendTlsConfig(policy, validation["hostname"].Text, names, string.Join("\n", authorities.Where(a => a.Length > 0)), reason, message);
    }
}
