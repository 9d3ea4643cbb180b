using Weft.Dialects.Fields;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Whom a listener's clients must have their certificates from.</summary>
/// <param name="Pem">Certificates of the authorities; empty when there is none that is good.</param>
/// <param name="Reason">Of the listener's ResolvedRefs condition; empty when every reference is good.</param>
internal sealed record FrontendTrust(bool IsRequired, bool AllowsInsecure, string Pem, string Reason, string Message)
{
    public static readonly FrontendTrust None = new(false, false, "", "", "");
}

/// <summary>spec.tls.frontend of a Gateway: client certificates asked for at its HTTPS listeners, of one port or of all others.</summary>
internal sealed class FrontendValidation(MeshIndex index)
{
    /// <summary>A Gateway lets clients in whose certificate does not hold, somewhere.</summary>
    public static bool IsInsecure(Resource gateway)
    {
        Field frontend = new Field(gateway.Spec)["tls"]["frontend"];
        return frontend["perPort"].Items.Select(p => p["tls"]).Append(frontend["default"]).Any(t => t["validation"]["mode"].Text == "AllowInsecureFallback");
    }

    public FrontendTrust For(ListenerConfig listener)
    {
        Field frontend = new Field(listener.Gateway.Spec)["tls"]["frontend"];
        Field ofPort = frontend["perPort"].Items.FirstOrDefault(p => p["port"].Number == listener.Port);
        Field validation = (ofPort.Exists ? ofPort["tls"] : frontend["default"])["validation"];
        if (listener.Protocol != "HTTPS" || !validation.Exists)
        {
            return FrontendTrust.None;
        }
        List<string> authorities = [];
        (string reason, string message) = ("", "");
        foreach (Field reference in validation["caCertificateRefs"].Items)
        {
            (string pem, string wrong, string why) = Authority(listener.Gateway, reference);
            authorities.Add(pem);
            (reason, message) = reason.Length == 0 ? (wrong, why) : (reason, message);
        }
        return new FrontendTrust(true, validation["mode"].Text == "AllowInsecureFallback", string.Join("\n", authorities.Where(a => a.Length > 0)), reason, message);
    }

    private (string Pem, string Reason, string Message) Authority(Resource gateway, Field reference)
    {
        string ns = reference["namespace"].Text is { Length: > 0 } other ? other : gateway.Namespace;
        string kind = reference["kind"].Text;
        string name = reference["name"].Text;
        if (reference["group"].Text.Length > 0 || kind is not ("ConfigMap" or "Secret"))
        {
            return ("", "InvalidCACertificateKind", $"{kind} {name} cannot hold an authority's certificate; use a ConfigMap with ca.crt.");
        }
        if (!index.Grants.Allows(gateway, "", kind, ns, name))
        {
            return ("", "RefNotPermitted", $"No ReferenceGrant in {ns} allows {kind} {name}.");
        }
        string pem = AuthorityReader.Read(index.Snapshot, kind, ns, name);
        return pem.Length > 0 ? (pem, "", "") : ("", "InvalidCACertificateRef", $"{kind} {ns}/{name} does not exist or its ca.crt holds no certificate.");
    }
}
