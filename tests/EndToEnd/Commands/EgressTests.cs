using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Commands;

/// <summary>Istio's file for the world outside, on a machine where that world is a server of ours under the same name.</summary>
[Collection(MachineCollection.Name)]
public sealed class EgressTests
{
    private const string Host = "www.googleapis.com";

    private const string Server = """
        import http.server, ssl, sys
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"{self.headers['Host']} {self.path} {self.connection.version()}\n".encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        context.sni_callback = lambda socket, name, _: print('sni', name, flush=True)
        server = http.server.ThreadingHTTPServer((sys.argv[2], 443), Answer)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print('serving', flush=True)
        server.serve_forever()
        """;

    [Fact]
    public async Task GoogleApisFile_Applied_OriginatesTlsAsExplained()
    {
        string written = Repository.TestData("istio/bookinfo/networking/egress-rule-google-apis.yaml");
        await using Machine machine = await Machine.StartAsync($"""
            printf '127.0.0.1 localhost\n{Machine.Address} {Host}\n' > $HOST_FILES/hosts; mount --bind $HOST_FILES/hosts /etc/hosts
            printf 'hosts: files\n' > $HOST_FILES/nsswitch; mount --bind $HOST_FILES/nsswitch /etc/nsswitch.conf
            """);
        await using LiveProcess server = await ServeAsync(machine);
        await using LiveProcess control = machine.StartWeft("control");
        await control.SaysAsync("are served on 127.0.0.1:15012");
        string[] ask = ["run", "--service", "client", "--", "curl", "-s", "--max-time", "10", "-o", "/dev/stdout", "-w", "%{http_code}", $"http://{Host}/discovery/v1/apis"];

        // Nobody listens on port 80, so without the file there is nothing to be had.
        CommandResult before = (await TinyApplication.SucceedsAsync(machine, Repository.Binary("weft"), "explain", "--from", "default/client", "--to", $"http://{Host}/", "-o", "json")).Succeeded();
        Assert.NotEqual("route", (string?)JsonNode.Parse(before.Output)?["outcome"]);
        Assert.DoesNotContain("200", (await machine.WeftAsync(ask)).Output, StringComparison.Ordinal);

        (await machine.WeftAsync("apply", "-f", written)).Succeeded();
        JsonNode explained = JsonNode.Parse((await machine.WeftAsync("explain", "--from", "default/client", "--to", $"http://{Host}/discovery/v1/apis", "-o", "json")).Succeeded().Output)!;
        Assert.Equal("route", (string?)explained["outcome"]);
        Assert.Equal("VirtualService default/rewrite-port-for-googleapis http[0]", (string?)explained["rule"]);
        Assert.Equal(Host, (string?)explained["destinations"]?[0]?["service"]);
        Assert.Equal(443, (int?)explained["destinations"]?[0]?["port"]);
        Assert.Equal("simple", (string?)explained["mtls"]?["client"]);
        Assert.Equal("least-request", (string?)explained["balancer"]); // the port's own settings stand instead of the host's, also where they say nothing

        CommandResult got = await Eventually.GetAsync("the server answers", TimeSpan.FromSeconds(20), async () =>
            await machine.WeftAsync(ask) is var answer && answer.Output.EndsWith("200", StringComparison.Ordinal) ? answer : null);
        Assert.StartsWith($"{Host} /discovery/v1/apis TLSv1.3", got.Output, StringComparison.Ordinal);
        await server.SaysAsync($"sni {Host}");
    }

    /// <summary>A TLS server with a certificate for the host, by an authority that the machine's programs trust.</summary>
    private static async Task<LiveProcess> ServeAsync(Machine machine)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=test root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), until = from.AddDays(1);
        using X509Certificate2 root = rootRequest.CreateSelfSigned(from, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = request.Create(root, from, until.AddMinutes(-1), [1, 2, 3, 4]);
        string chain = await machine.WriteAsync("server.pem", $"{key.ExportPkcs8PrivateKeyPem()}\n{leaf.ExportCertificatePem()}\n");
        machine.Environment["SSL_CERT_FILE"] = await machine.WriteAsync("roots.pem", root.ExportCertificatePem());
        LiveProcess server = machine.Start("/usr/bin/python3", await machine.WriteAsync("server.py", Server), chain, IPAddress.Parse(Machine.Address).ToString());
        await server.SaysAsync("serving");
        return server;
    }
}
