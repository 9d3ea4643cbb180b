using System.Net;
using System.Text.Json.Nodes;
using Weft.Conformance.GatewayApi.Kit;
using Weft.Resources;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>TLS towards backends and certificates of clients.</summary>
internal static class BackendTlsRows
{
    private const string Kind = "BackendTLSPolicy";
    private const string Backend = "abc.example.com";

    private static readonly string[] Policy = [Feature.Gateway, Feature.HttpRoute, Feature.BackendTlsPolicy];
    private static readonly string[] Frontend = [Feature.Gateway, Feature.HttpRoute, "GatewayFrontendClientCertificateValidation"];
    private static readonly int[] ServerErrors = [500, 502, 503];
    private static readonly Cond Accepted = new("Accepted", true, "Accepted");
    private static readonly Cond Resolved = new("ResolvedRefs", true, "ResolvedRefs");

    public static IEnumerable<GatewayTest> All =>
    [
        new("BackendTLSPolicy", Policy, ["tests/backendtlspolicy.yaml"], PolicyAsync),
        new("BackendTLSPolicySANValidation", [.. Policy, "BackendTLSPolicySANValidation"], ["tests/backendtlspolicy-san.yaml"], static async run =>
        {
            IPAddress address = await run.AttachedAsync("same-namespace", "backendtlspolicy-san-test");
            foreach ((string name, bool good) in ((string, bool)[])
                [("san-dns", true), ("san-dns-mismatch", false), ("san-uri", true), ("san-uri-mismatch", false), ("multiple-sans", true), ("multiple-mismatch-sans", false)])
            {
                await run.PolicyAsync(Kind, name, "same-namespace", Accepted);
                await run.ExpectAsync(address, To($"/backendtlspolicy-{name}", good));
            }
        }),
        new("BackendTLSPolicyConflictResolution", Policy, ["tests/backendtlspolicy-conflict-resolution.yaml"], static async run =>
        {
            IPAddress address = await run.AttachedAsync("same-namespace", "backendtlspolicy-conflict-resolution");
            foreach (string what in (string[])["without-section-name", "with-section-name"])
            {
                await run.PolicyAsync(Kind, $"conflicted-{what}-1", "same-namespace", Accepted);
                await run.PolicyAsync(Kind, $"conflicted-{what}-2", "same-namespace", new Cond("Accepted", false, "Conflicted"));
                await run.PolicyAsync(Kind, $"not-conflicted-{what}", "same-namespace", Accepted);
                await run.ExpectAsync(address, To($"/backendtlspolicy-conflicted-{what}"), To($"/backendtlspolicy-not-conflicted-{what}"));
            }
        }),
        Invalid("BackendTLSPolicyInvalidCACertificateRef", "backendtlspolicy-invalid-ca-certificate-ref", "backendtlspolicy-invalid-ca-certificate-ref", "InvalidCACertificateRef",
            "nonexistent-ca-certificate-ref", "malformed-ca-certificate-ref"),
        Invalid("BackendTLSPolicyInvalidKind", "backendtlspolicy-invalid-kind", "backendtlspolicy-invalid-kind-test", "InvalidKind", "invalid-kind"),
        new("BackendTLSPolicyObservedGenerationBump", Policy, ["tests/backendtlspolicy-observed-generation-bump.yaml"], static async run =>
        {
            await run.PolicyAsync(Kind, "observed-generation-bump", "same-namespace");
            await run.ChangeAsync(Kind, "observed-generation-bump", spec => spec["validation"]!["hostname"] = "foo.example.com");
            await run.PolicyAsync(Kind, "observed-generation-bump", "same-namespace", new Cond("Accepted", true));
        }),
        new("GatewayInvalidTLSBackendConfiguration", [.. Policy, "GatewayBackendClientCertificate"], ["tests/gateway-invalid-tls-backend-configuration.yaml"], static async run =>
        {
            foreach ((string what, string reason) in ((string, string)[])
                [
                    ("nonexistent-secret", "InvalidClientCertificateRef"), ("unsupported-group", "InvalidClientCertificateRef"), ("unsupported-kind", "InvalidClientCertificateRef"),
                    ("malformed-secret", "InvalidClientCertificateRef"), ("missing-reference-grant", "RefNotPermitted"),
                ])
            {
                await run.ConditionsAsync("Gateway", $"gateway-client-certificate-{what}", new Cond("ResolvedRefs", false, reason), Accepted);
            }
        }),
        new("GatewayTLSBackendClientCertificate", [.. Policy, "GatewayBackendClientCertificate"], ["tests/gateway-tls-backend-client-certificate.yaml"], static async run =>
        {
            const string Name = "gateway-tls-backend-client-certificate";
            IPAddress address = await run.AttachedAsync(Name, Name);
            await run.PolicyAsync(Kind, Name + "-test", Name, new Cond("Accepted", true));
            await run.ConditionsAsync("Gateway", Name, Resolved);
            (string certificate, _) = await run.PairAsync("tls-checks-client-certificate");
            await run.ExpectAsync(address, Get(Backend, "/") with { SeenClientCertificate = certificate });
        }),
        new("GatewayFrontendClientCertificateValidation", Frontend, ["tests/gateway-with-clientcertificate-validation.yaml"], ClientCertificatesAsync),
        new("GatewayFrontendClientCertificateValidationInsecureFallback", [.. Frontend, "GatewayFrontendClientCertificateValidationInsecureFallback"],
            ["tests/gateway-with-clientcertificate-validation-insecure-fallback.yaml"], InsecureFallbackAsync),
        new("GatewayFrontendInvalidDefaultClientCertificateValidation", Frontend, ["tests/gateway-invalid-default-frontend-client-certificate-validation.yaml"], static async run =>
        {
            const string Name = "invalid-default-client-validation-config";
            IPAddress address = await run.AddressAsync(Name);
            await run.ListenerAsync("Gateway", Name, "http", new Cond("ResolvedRefs", true), new Cond("Accepted", true), new Cond("Programmed", true));
            await run.ExpectAsync(address, Get("example.org", "/").To(V1));
            await run.ListenerAsync("Gateway", Name, "https", new Cond("ResolvedRefs", false, "InvalidCACertificateRef"), new Cond("Accepted", false, "NoValidCACertificate"), new Cond("Programmed", false));
            await run.ExpectFailureAsync(address, 443, Get("example.org", "/").Over("example.org"));
        }),
        new("GatewayInvalidFrontendClientCertificateValidation", [.. Frontend, Feature.ReferenceGrant], ["tests/gateway-with-invalid-clientcertificate-validation.yaml"], static async run =>
        {
            const string Name = "gateway-with-invalid-client-cert-validation";
            await run.ListenerAsync("Gateway", Name, "https", new Cond("ResolvedRefs", true), new Cond("Accepted", true), new Cond("Programmed", true));
            foreach ((string listener, string reason) in ((string, string)[])
                [("https-unresolved", "InvalidCACertificateRef"), ("https-invalid-kind", "InvalidCACertificateKind"), ("https-grant-missing", "RefNotPermitted")])
            {
                await run.ListenerAsync("Gateway", Name, listener, new Cond("ResolvedRefs", false, reason), new Cond("Accepted", false, "NoValidCACertificate"), new Cond("Programmed", false));
            }
        }),
    ];

    private static Row To(string path, bool good = true) => good ? Get(Backend, path).To("", Infra) : Get(Backend, path).Status(ServerErrors);

    private static GatewayTest Invalid(string name, string manifest, string route, string reason, params string[] policies) => new(name, Policy, [$"tests/{manifest}.yaml"], async run =>
    {
        IPAddress address = await run.AcceptedAsync("same-namespace", "HTTPRoute", route);
        foreach (string policy in policies)
        {
            await run.PolicyAsync(Kind, policy, "same-namespace", new Cond("Accepted", false, "NoValidCACertificate"), new Cond("ResolvedRefs", false, reason));
            await run.ExpectAsync(address, To($"/backendtlspolicy-{policy}", good: false));
        }
    });

    private static async Task PolicyAsync(SuiteRun run)
    {
        IPAddress secured = await run.AttachedAsync("same-namespace-with-https-listener", "backendtlspolicy-reencrypt");
        await run.PolicyAsync(Kind, "normative-test", "same-namespace-with-https-listener", Accepted, Resolved);
        await run.ExpectAsync(secured, 443, Get("https-listener.org", "/backendtlspolicy").Over("https-listener.org").To("", Infra) with { SeenServerName = Backend });
        IPAddress address = await run.AttachedAsync("same-namespace", "backendtlspolicy");
        // The suite asks for the second with a host that no route has; here the policy itself must refuse.
        foreach ((string policy, string path, bool good) in ((string, string, bool)[])
            [("normative-test", "/backendtlspolicy", true), ("host-mismatch", "/backendtlspolicy-host-mismatch", false), ("cert-mismatch", "/backendtlspolicy-cert-mismatch", false)])
        {
            await run.PolicyAsync(Kind, policy, "same-namespace", Accepted, Resolved);
            await run.ExpectAsync(address, To(path, good));
        }

        await AuthorityChangesAsync(run);
    }

    /// <summary>What a ConfigMap with the authority comes to be is what holds: absent, there, emptied, filled again.</summary>
    private static async Task AuthorityChangesAsync(SuiteRun run)
    {
        if (await run.FindAsync(Kind, "reconcile-test", CancellationToken.None) is null)
        {
            return; // the manifests of this version have no such policy
        }

        const string Name = "tls-checks-ca-certificate-reconcile-test";
        Cond[] good = [Accepted, Resolved], bad = [new("Accepted", false, "NoValidCACertificate"), new("ResolvedRefs", false, "InvalidCACertificateRef")];
        await run.PolicyAsync(Kind, "reconcile-test", "same-namespace", good);
        string pem = (string?)(await run.FindAsync("ConfigMap", "tls-checks-ca-certificate", CancellationToken.None))?["data"]?["ca.crt"] ?? "";
        Resource Map(string text) => new(new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Infra }, ["data"] = new JsonObject { ["ca.crt"] = text },
        });
        await run.ChangeAsync(Kind, "reconcile-test", spec => spec["validation"]!["caCertificateRefs"]![0]!["name"] = Name);
        await run.PolicyAsync(Kind, "reconcile-test", "same-namespace", bad);
        foreach ((string text, Cond[] conditions) in ((string, Cond[])[])[(pem, good), ("", bad), (pem, good)])
        {
            await run.Mesh.ApplyAsync([Map(text)]);
            await run.PolicyAsync(Kind, "reconcile-test", "same-namespace", conditions);
        }

        await run.Mesh.DeleteAsync([Map(pem)]);
    }

    private static async Task ClientCertificatesAsync(SuiteRun run)
    {
        const string Route = "client-certificate-validation-https-test";
        IPAddress address = await run.AttachedAsync("client-validation-default", Route, Route + "-no-hostname");
        (string, string) own = await run.PairAsync("tls-validity-checks-client-certificate"), ofPort = await run.PairAsync("tls-validity-checks-per-port-client-certificate");
        Row first = Get("example.org", "/").Over("example.org").To(V1), second = Get("second-example.org", "/").Over("second-example.org").To(V2);
        await run.ExpectAsync(address, 443, first.As(own));
        await run.ExpectFailureAsync(address, 443, first.As(ofPort));
        await run.ExpectAsync(address, 8443, second.As(ofPort));
        await run.ExpectFailureAsync(address, 8443, second.As(own));
    }

    private static async Task InsecureFallbackAsync(SuiteRun run)
    {
        const string Route = "client-cert-validation-insecure-fallback-test", Gateway = "client-validation-insecure-fallback";
        IPAddress address = await run.AttachedAsync(Gateway, Route, Route + "-no-hostname");
        await run.ConditionsAsync("Gateway", Gateway, new Cond("InsecureFrontendValidationMode", true, "ConfigurationChanged"));
        (string, string) own = await run.PairAsync("tls-validity-checks-client-certificate"), ofPort = await run.PairAsync("tls-validity-checks-per-port-client-certificate");
        Row first = Get("example.org", "/").Over("example.org").To(V1), second = Get("second-example.org", "/").Over("second-example.org").To(V2);
        await run.ExpectAsync(address, 443, first.As(own), first.As(ofPort), first);
        await run.ExpectAsync(address, 8443, second.As(ofPort), second.As(own), second);
    }
}
