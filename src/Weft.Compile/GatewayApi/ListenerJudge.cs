using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;

namespace Weft.Compile.GatewayApi;

/// <summary>
/// Which listeners stand. Of listeners of one Gateway that cannot be told apart none stands, as the API demands; a ListenerSet's
/// gives way to the Gateway's and to those of older sets.
/// </summary>
internal sealed class ListenerJudge(MeshIndex index)
{
    private readonly FrontendValidation _validation = new(index);

    public IReadOnlyList<ListenerVerdict> Judge(Resources.Resource gateway, ListenerConfig[] own, ListenerConfig[] ofSets)
    {
        List<ListenerVerdict> verdicts = [];
        List<ListenerConfig> standing = [];
        foreach (ListenerConfig listener in own)
        {
            string conflict = own.Where(o => o.Index != listener.Index).Select(listener.ConflictWith).FirstOrDefault(c => c.Length > 0) ?? "";
            verdicts.Add(Verdict(listener, conflict));
            standing.Add(listener);
        }
        foreach (ListenerConfig listener in ofSets)
        {
            string conflict = standing.Select(listener.ConflictWith).FirstOrDefault(c => c.Length > 0) ?? "";
            verdicts.Add(Verdict(listener, conflict));
            if (conflict.Length == 0)
            {
                standing.Add(listener);
            }
        }
        return verdicts;
    }

    private ListenerVerdict Verdict(ListenerConfig listener, string conflict)
    {
        Field kinds = listener.Source["allowedRoutes"]["kinds"];
        string[] wanted = [.. kinds.Items.Where(k => !k["group"].Exists || k["group"].Text == GatewayKinds.Group).Select(k => k["kind"].Text)];
        IReadOnlyList<string> supported = kinds.Count == 0 ? listener.Kinds : [.. wanted.Where(listener.Kinds.Contains)];
        (string reason, string message) = kinds.Count > 0 && supported.Count < kinds.Count
            ? ("InvalidRouteKinds", "allowedRoutes.kinds names kinds that a listener of this protocol does not take.") : Certificates(listener);
        FrontendTrust trust = _validation.For(listener);
        if (reason == "ResolvedRefs" && trust.Reason.Length > 0)
        {
            (reason, message) = (trust.Reason, trust.Message);
        }
        string accepted = listener.Kinds.Count == 0 ? "UnsupportedProtocol" : conflict.Length > 0 ? conflict : trust.IsRequired && trust.Pem.Length == 0 ? "NoValidCACertificate" : "Accepted";
        return new ListenerVerdict(listener, accepted, conflict.Length > 0 ? conflict : "NoConflicts", supported, reason, message);
    }

    private (string Reason, string Message) Certificates(ListenerConfig listener)
    {
        foreach (Field reference in listener.Terminates ? listener.Source["tls"]["certificateRefs"].Items : [])
        {
            if (Secret(listener.Owner, reference, "InvalidCertificateRef") is { } wrong)
            {
                return wrong;
            }
        }
        return listener.Terminates && listener.Source["tls"]["certificateRefs"].Count == 0
            ? ("InvalidCertificateRef", "A listener that terminates TLS needs certificateRefs.") : ("ResolvedRefs", "");
    }

    /// <summary>What is wrong with a reference to a Secret with a key pair; null when nothing is.</summary>
    /// <param name="invalid">The reason that the condition has for it.</param>
    public (string Reason, string Message)? Secret(Resources.Resource owner, Field reference, string invalid)
    {
        string ns = reference["namespace"].Text is { Length: > 0 } other ? other : owner.Namespace;
        string name = reference["name"].Text;
        if ((reference["kind"].Exists && reference["kind"].Text != "Secret") || (reference["group"].Exists && reference["group"].Text.Length > 0))
        {
            return (invalid, $"{reference["kind"].Text} {name} is not a Secret.");
        }
        if (!index.Grants.Allows(owner, "", "Secret", ns, name))
        {
            return ("RefNotPermitted", $"No ReferenceGrant in {ns} allows Secret {name}.");
        }
        return CredentialReader.Read(index.Snapshot, $"{ns}/{name}") is { } credential && Certificates(credential.CertificatePem) && credential.PrivateKeyPem.Contains("PRIVATE KEY", StringComparison.Ordinal)
            ? null : (invalid, $"Secret {ns}/{name} does not exist or holds no certificate and key.");
    }

    private static bool Certificates(string pem) => pem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal);
}
