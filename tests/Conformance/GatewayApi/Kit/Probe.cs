using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>Sends one request over a connection of its own to an address, whatever host it names.</summary>
internal static class Probe
{
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(10);

    public static Task<Captured> SendAsync(IPEndPoint to, Row row, CancellationToken ct) => SendAsync(Handler(to, row), to, row, ct);

    /// <summary>Through a proxy in explicit mode, which is told the whole address.</summary>
    public static Task<Captured> SendThroughAsync(IPEndPoint proxy, Row row, CancellationToken ct) =>
        SendAsync(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, Proxy = new WebProxy($"http://{proxy}"), UseProxy = true }, proxy, row, ct);

    private static async Task<Captured> SendAsync(SocketsHttpHandler handler, IPEndPoint to, Row row, CancellationToken ct)
    {
        using SocketsHttpHandler own = handler;
        using var client = new HttpClient(handler) { Timeout = RequestLimit };
        string host = row.Host.Length > 0 ? row.Host : to.Port is 80 or 443 ? $"{to.Address}" : $"{to}";
        var target = new Uri($"http://{host}{row.Path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(row.Method), target)
        {
            Version = row.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.ConnectionClose = row.Http2 ? null : true;
        foreach ((string name, string value) in row.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await client.SendAsync(request, ct);
        string body = await response.Content.ReadAsStringAsync(ct);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, HeaderStringValues values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers[name] = string.Join(",", values);
        }

        return new Captured((int)response.StatusCode, $"HTTP/{response.Version}", headers, Parse(body));
    }

    /// <summary>TLS is made here and not by the handler, whose server name is always the host of the request.</summary>
    private static SocketsHttpHandler Handler(IPEndPoint to, Row row) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(to, ct);
                var plain = new NetworkStream(socket, ownsSocket: true);
                return row.ServerName is null ? plain : await SecureAsync(plain, row, ct);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private static async Task<Stream> SecureAsync(Stream plain, Row row, CancellationToken ct)
    {
        var tls = new SslStream(plain);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = row.ServerName,
            ApplicationProtocols = [row.Http2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true, // names are what rows look at; trust is the client's affair
            ClientCertificates = row.ClientCertificate is { } own ? [Loaded(own)] : null,
        }, ct);
        return tls;
    }

    private static X509Certificate2 Loaded((string Certificate, string Key) pem)
    {
        using X509Certificate2 read = X509Certificate2.CreateFromPem(pem.Certificate, pem.Key);
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }

    private static JsonObject Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
