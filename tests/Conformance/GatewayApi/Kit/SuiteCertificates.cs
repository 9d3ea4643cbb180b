using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>The Secrets and ConfigMaps that the suite makes by program: server and client certificates and the authorities behind them.</summary>
internal static class SuiteCertificates
{
    private const int KeyBits = 2048;
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1"; // RFC 5280 §4.2.1.12
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    public static IEnumerable<Resource> Make()
    {
        const string Infra = Names.Infra;
        yield return Secret(Names.Web, "certificate", Leaf(null, ServerAuth, "*"));
        yield return Secret(Infra, "tls-validity-checks-certificate", Leaf(null, ServerAuth, "*", "*.org", "*.wildcard.org"));
        yield return Authority(Names.Web, "web-backend-cm", NewAuthority());

        X509Certificate2 clients = NewAuthority(), clientsOfPort = NewAuthority(), backends = NewAuthority();
        yield return Authority(Infra, "tls-validity-checks-ca-certificate", clients);
        yield return Secret(Infra, "tls-validity-checks-client-certificate", Leaf(clients, ClientAuth));
        yield return Authority(Infra, "tls-validity-checks-per-port-ca-certificate", clientsOfPort);
        yield return Secret(Infra, "tls-validity-checks-per-port-client-certificate", Leaf(clientsOfPort, ClientAuth));
        yield return Authority(Infra, "tls-checks-ca-certificate", backends);
        yield return Secret(Infra, "tls-checks-certificate", Leaf(backends, ServerAuth, "abc.example.com", "spiffe://abc.example.com/test-identity", "other.example.com"));
        yield return Secret(Infra, "tls-checks-client-certificate", Leaf(backends, ClientAuth));
        X509Certificate2 passthrough = Leaf(backends, ServerAuth, "abc.example.com");
        yield return Secret(Infra, "tls-passthrough-checks-certificate", passthrough);
        yield return Secret(Names.App, "tls-passthrough-checks-certificate", passthrough);
        yield return Secret(Infra, "tls-terminate-checks-certificate", Leaf(backends, ServerAuth, "tls.example.com"));
        yield return Authority(Infra, "mismatch-ca-certificate", NewAuthority());
    }

    private static X509Certificate2 NewAuthority()
    {
        RSA key = RSA.Create(KeyBits);
        var request = new CertificateRequest($"CN=gatewayapi-{Guid.NewGuid():N}, O=Kubernetes Gateway API", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddYears(1));
    }

    private static X509Certificate2 Leaf(X509Certificate2? authority, string usage, params ReadOnlySpan<string> names)
    {
        RSA key = RSA.Create(KeyBits);
        var request = new CertificateRequest("CN=default, O=Acme Co", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (name.Contains("://", StringComparison.Ordinal))
            {
                alternative.AddUri(new Uri(name));
            }
            else
            {
                alternative.AddDnsName(name);
            }
        }

        if (names.Length > 0)
        {
            request.CertificateExtensions.Add(alternative.Build());
        }

        DateTimeOffset from = DateTimeOffset.UtcNow.AddMinutes(-30), until = DateTimeOffset.UtcNow.AddMonths(6);
        return authority is null
            ? request.CreateSelfSigned(from, until)
            : request.Create(authority, from, until, RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
    }

    private static Resource Secret(string ns, string name, X509Certificate2 certificate) => new(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["type"] = "kubernetes.io/tls",
        ["stringData"] = new JsonObject
        {
            ["tls.crt"] = certificate.ExportCertificatePem(),
            ["tls.key"] = certificate.GetRSAPrivateKey()!.ExportRSAPrivateKeyPem(), // made above with one
        },
    });

    private static Resource Authority(string ns, string name, X509Certificate2 authority) => new(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["data"] = new JsonObject { ["ca.crt"] = authority.ExportCertificatePem() },
    });
}
