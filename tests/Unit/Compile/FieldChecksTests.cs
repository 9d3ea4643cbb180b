using Weft.Cli.Analyze;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;

namespace Weft.Unit.Compile;

/// <summary>Fields of Sidecars, of TLS and of WorkloadGroups: what analysis says of wrong ones, and that it says nothing of good ones.</summary>
public sealed class FieldChecksTests
{
    private const string Good = """
        apiVersion: networking.istio.io/v1
        kind: Sidecar
        metadata: {name: s}
        spec:
          workloadSelector: {labels: {app: vm}}
          ingress:
          - port: {number: 9080, protocol: HTTPS, name: https}
            defaultEndpoint: unix:///var/run/app.sock
            tls: {mode: MUTUAL, serverCertificate: /etc/c.pem, privateKey: /etc/k.pem, caCertificates: /etc/ca.pem}
          - {port: {number: 9081, protocol: HTTP, name: http}, defaultEndpoint: "127.0.0.1:8081"}
          - {port: {number: 9082, protocol: TCP, name: tcp}, defaultEndpoint: "[::]:8082"}
          egress:
          - {port: {number: 80, protocol: HTTP, name: x}, hosts: ["./*", "~far/*"]}
          outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: x.example, port: {number: 80}}}
        ---
        apiVersion: networking.istio.io/v1
        kind: WorkloadGroup
        metadata: {name: g}
        spec: {metadata: {labels: {app: vm}}, template: {serviceAccount: x, ports: {http: 8080}}}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: x}
        spec: {hosts: [x.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: d}
        spec: {host: x.example, trafficPolicy: {tunnel: {targetHost: y.example, targetPort: 443}, tls: {mode: MUTUAL, clientCertificate: /etc/c.pem, privateKey: /etc/k.pem, caCertificates: system}}}
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 443, name: https, protocol: HTTPS}
            hosts: ["*"]
            tls:
              mode: MUTUAL
              serverCertificate: /etc/c.pem
              privateKey: /etc/k.pem
              caCertificates: /etc/ca.pem
              verifyCertificateHash: ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
              verifyCertificateSpki: ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
              ecdhCurves: [P-256]
              cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384]

        """;

    /// <summary>What is written in place of something good, the code it earns and the path.</summary>
    public static TheoryData<string, string, string, string> Breaks => new()
    {
        { "unix:///var/run/app.sock", "unix://var/run/app.sock", "IST0106", "spec.ingress[0].defaultEndpoint" },
        { "127.0.0.1:8081", "10.0.0.1:8081", "IST0106", "spec.ingress[1].defaultEndpoint" },
        { "127.0.0.1:8081", "localhost", "IST0106", "spec.ingress[1].defaultEndpoint" },
        { "port: {number: 9082,", "port: {number: 99082,", "IST0106", "spec.ingress[2].port" },
        { "\"./*\", \"~far/*\"", "\"reviews\"", "IST0106", "spec.egress[0].hosts[0]" },
        { "defaultEndpoint: \"127.0.0.1:8081\"}", "defaultEndpoint: \"127.0.0.1:8081\", captureMode: NONE}", "WEFT0202", "spec.ingress[1].captureMode" },
        { "serviceAccount: x,", "serviceAccount: x, network: n,", "WEFT0202", "spec.template.network" },
        { "clientCertificate: /etc/c.pem", "clientCertificate: c.pem", "IST0106", "spec.trafficPolicy.tls.clientCertificate" },
        { "serverCertificate: /etc/c.pem, privateKey: /etc/k.pem, caCertificates: /etc/ca.pem", "serverCertificate: /etc/c.pem", "IST0106", "spec.ingress[0].tls" },
        { "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"", "abc", "IST0106", "spec.servers[0].tls.verifyCertificateHash[0]" },
        { "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "e3b0c442", "IST0106", "spec.servers[0].tls.verifyCertificateSpki[0]" },
        { "mode: MUTUAL\n", "mode: MUTUAL\n      credentialName: kubernetes-gateway://far/x\n", "WEFT0202", "spec.servers[0].tls.credentialName" },
    };

    [Fact]
    public void Good_Fields_AreNoProblem() => Assert.Empty(Analyze(Good));

    [Theory]
    [MemberData(nameof(Breaks))]
    public void Field_ThatIsWrong_IsReportedAtItsPath(string good, string wrong, string code, string path)
    {
        Assert.Contains(good, Good);
        Assert.Contains(Analyze(Good.Replace(good, wrong, StringComparison.Ordinal)), p => p.Code == code && p.Path == path && p.Line > 1 && p.Cure.Length > 0);
    }

    private static IReadOnlyList<Problem> Analyze(string text) => FileAnalysis.Run(ResourceReader.ReadText(text, "x.yaml"));
}
