using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Weft.Dialects.Istio;

namespace Weft.ControlPlane.Keys;

/// <summary>Fetches the keys of one source over http or https. Thread-safe. Every way to fail is a text.</summary>
internal sealed class JwksFetcher : IDisposable
{
    private readonly JwksOptions _options;
    private readonly HttpClient _client;

    public JwksFetcher(JwksOptions options)
    {
        _options = options;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = true, // never from https to http
            MaxAutomaticRedirections = JwksOptions.RedirectsMax,
            UseCookies = false,
            UseProxy = false,         // a proxy would dial for us, past the check of addresses
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectCallback = ConnectAsync,
        };
        if (options.AuthoritiesPem.Length > 0)
        {
            handler.SslOptions.CertificateChainPolicy = Trust(options.AuthoritiesPem);
        }

        _client = new HttpClient(handler) { Timeout = options.Timeout, MaxResponseContentBufferSize = JwksOptions.DocumentBytesMax };
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("weft-control", null));
    }

    /// <summary>The document as it was sent, or an empty one and why.</summary>
    public async Task<FetchedKeys> FetchAsync(JwksSource source, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.Timeout);
        try
        {
            string uri = source.Uri;
            if (source.IsDiscovery)
            {
                using JsonDocument issuer = JsonDocument.Parse(await _client.GetByteArrayAsync(uri, limit.Token));
                uri = Text(issuer.RootElement, "jwks_uri");
                if (!JwksSource.IsHttp(uri))
                {
                    return Failed("the issuer's description names no jwks_uri");
                }
            }

            byte[] document = await _client.GetByteArrayAsync(uri, limit.Token);
            return IsKeySet(document) ? new FetchedKeys(Encoding.UTF8.GetString(document), "") : Failed("the answer is not a set of keys (RFC 7517 §5)");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed($"no answer within {_options.Timeout.TotalSeconds:0} s");
        }
        catch (HttpRequestException error)
        {
            return Failed(error.StatusCode is { } status ? $"the answer is {(int)status}" : (error.InnerException ?? error).Message);
        }
        catch (IOException error)
        {
            return Failed(error.Message);
        }
        catch (JsonException)
        {
            return Failed("the answer is not JSON");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Resolves by itself: what is checked is what is dialled, for redirects too.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        DnsEndPoint target = context.DnsEndPoint;
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(target.Host, ct);
        IPAddress[] allowed = [.. addresses.Where(a => FetchAddresses.MayAsk(a, _options.AllowedNetworks))];
        if (allowed.Length == 0)
        {
            throw new HttpRequestException($"{target.Host} is a link-local or metadata address, which is not asked for keys; allow it with --keys-allow of weft control or weft up");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    private static X509ChainPolicy Trust(string pem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(pem);
        using var system = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
        policy.CustomTrustStore.AddRange(system.Certificates);
        return policy;
    }

    private static bool IsKeySet(byte[] document)
    {
        using JsonDocument json = JsonDocument.Parse(document);
        return json.RootElement.ValueKind is JsonValueKind.Object && json.RootElement.TryGetProperty("keys", out JsonElement keys) && keys.ValueKind is JsonValueKind.Array;
    }

    private static string Text(JsonElement json, string name) =>
        json.ValueKind is JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? "" : "";

    private static FetchedKeys Failed(string problem) => new("", problem);
}
