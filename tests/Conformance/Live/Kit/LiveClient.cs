using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Weft.Cli.Explain;

namespace Weft.Conformance.Live.Kit;

/// <summary>The application of the calling side, or a client of the gateway.</summary>
internal sealed class LiveClient : IDisposable
{
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _client;
    private readonly ExplainRequest _request;
    private readonly string? _token;

    /// <param name="certificate">What a gateway may ask its clients for.</param>
    public LiveClient(IPEndPoint entry, ExplainRequest request, LiveTokens tokens, X509Certificate2 certificate)
    {
        _request = request;
        _token = request.Claims is { } claims ? tokens.Sign(claims) : null;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(entry.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(entry, ct);
                var plain = new NetworkStream(socket, ownsSocket: true);
                return request.To.Scheme == "https" ? await SecureAsync(plain, request, certificate, ct) : plain;
            },
        })
        { Timeout = RequestLimit };
    }

    private bool IsGrpc => _request.To.Scheme == "grpc";

    public async Task<LiveAnswer> SendAsync(string id, IEnumerable<(string Name, string Value)> more)
    {
        using HttpRequestMessage message = Message(id, more);
        long begin = Stopwatch.GetTimestamp();
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(message);
            string body = await response.Content.ReadAsStringAsync();
            var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach ((string name, HeaderStringValues values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).Concat(response.TrailingHeaders.NonValidated))
            {
                fields[name] = string.Join(",", values);
            }

            return new LiveAnswer((int)response.StatusCode, fields, body, Stopwatch.GetElapsedTime(begin));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return new LiveAnswer(0, new Dictionary<string, string>(), (e.InnerException ?? e).Message, Stopwatch.GetElapsedTime(begin));
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Message(string id, IEnumerable<(string Name, string Value)> more)
    {
        // Hosts of rows are not resolved: the connection is made already. "http" even over TLS, which is ours and not the handler's.
        var target = new Uri($"http://{_request.To.Authority}{_request.To.PathAndQuery}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(IsGrpc ? System.Net.Http.HttpMethod.Post : new System.Net.Http.HttpMethod(_request.Method), target)
        {
            Version = IsGrpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (IsGrpc)
        {
            message.Content = new ByteArrayContent([0, 0, 0, 0, 0]);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            message.Headers.TryAddWithoutValidation("te", "trailers");
        }

        foreach ((string name, string value) in _request.Headers.Concat(more).Append((LiveBackends.IdHeader, id)))
        {
            if (name.Equals("host", StringComparison.OrdinalIgnoreCase) || name == ":authority")
            {
                message.Headers.Host = value;
            }
            else
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (_token is not null)
        {
            message.Headers.TryAddWithoutValidation("authorization", $"Bearer {_token}");
        }

        return message;
    }

    private static async Task<Stream> SecureAsync(Stream plain, ExplainRequest request, X509Certificate2 certificate, CancellationToken ct)
    {
        var tls = new SslStream(plain);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = request.Sni.Length > 0 ? request.Sni : request.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true, // which listener answers is what rows look at
            ClientCertificates = [certificate],
        }, ct);
        return tls;
    }
}

/// <summary>What came back; status 0: nothing, and the text says why.</summary>
internal sealed record LiveAnswer(int Status, IReadOnlyDictionary<string, string> Fields, string Body, TimeSpan Took)
{
    public string Field(string name) => Fields.GetValueOrDefault(name, "");

    public override string ToString() => $"{Status} {string.Join("; ", Fields.Select(f => $"{f.Key}: {f.Value}"))} {Body} ({Took.TotalMilliseconds:0} ms)";
}
