using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Bookinfo;

/// <summary>What an attacker on the machine sees and gets: TLS 1.3 and a closed door.</summary>
[Collection(MeshCollection.Name)]
public sealed class SecurityTests(RunningMesh mesh)
{
    private const byte Handshake = 22; // RFC 8446 §5.1, record content types
    private const byte ServerHello = 2;

    [Fact]
    public async Task Packets_BetweenPods_AreOnlyTls13()
    {
        int[] ports = [.. (await InboundAsync()).Select(p => p.Port)];
        await using PacketCapture capture = await PacketCapture.StartAsync(ports);
        using var client = new HttpClient();
        for (int i = 0; i < 10; i++)
        {
            await mesh.GetAsync(client, "/productpage");
        }

        // A new connection shows its handshake: the old ones were there before the capture.
        await RefusedAsync(ports[0], withCertificate: false);
        IReadOnlyList<byte[]> payloads = await capture.PayloadsAsync();
        Assert.NotEmpty(payloads);
        Assert.DoesNotContain(payloads, p => Encoding.Latin1.GetString(p).Contains("HTTP/1.1", StringComparison.Ordinal));
        Assert.DoesNotContain(payloads, p => Encoding.Latin1.GetString(p).Contains("Shakespeare", StringComparison.Ordinal));
        byte[][] hellos = [.. payloads.Where(p => p.Length > 48 && p[0] == Handshake && p[5] == ServerHello)];
        Assert.NotEmpty(hellos);
        // supported_versions (43) with the two bytes 0x0304, RFC 8446 §4.2.1
        Assert.All(hellos, h => Assert.True(h.AsSpan().IndexOf([(byte)0, (byte)43, (byte)0, (byte)2, (byte)3, (byte)4]) > 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Peer_WithoutIdentityOfThisMesh_IsRefused(bool withForeignCertificate)
    {
        foreach ((string _, int port) in await InboundAsync())
        {
            await RefusedAsync(port, withForeignCertificate);
        }
    }

    [Fact]
    public async Task Api_WithoutCredentials_IsRefused()
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var client = new HttpClient(handler);
        using HttpResponseMessage answer = await client.GetAsync(new Uri($"{(string)mesh.Ready["api"]!}/api/v1/namespaces/default/pods"));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private async Task<List<(string Workload, int Port)>> InboundAsync() =>
    [
        .. (await mesh.ControlAsync("/weft/v1/proxies"))["proxies"]!.AsArray()
            .Where(p => p!["address"] is JsonValue a && ((string)a!).Contains(':', StringComparison.Ordinal))
            .Select(p => ((string)p!["workload"]!, int.Parse(((string)p["address"]!).Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture))),
    ];

    /// <summary>The handshake fails, or the connection ends before one byte of an answer (TLS 1.3 tells a client late).</summary>
    private static async Task RefusedAsync(int port, bool withCertificate)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", port);
        await using var tls = new SslStream(tcp.GetStream());
        using X509Certificate2? foreign = withCertificate ? Foreign() : null;
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "p9080.weft",
                EnabledSslProtocols = SslProtocols.Tls13,
                ApplicationProtocols = [new("weft/1")],
                ClientCertificates = foreign is null ? null : [foreign],
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            });
            await tls.WriteAsync("GET /details/0 HTTP/1.1\r\nHost: details\r\n\r\n"u8.ToArray());
            Assert.Equal(0, await tls.ReadAsync(new byte[16]));
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            // refused, as it must be
        }
    }

    /// <summary>The right name, signed by somebody else.</summary>
    private static X509Certificate2 Foreign()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=foreign", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("spiffe://cluster.local/ns/default/sa/bookinfo-productpage"));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
