using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Weft.Node.Control;

/// <summary>
/// The control plane's HTTP interface: Kubernetes-shaped under /api and /apis, Weft's own views under /weft/v1.
/// Thread-safe. Answers other than 2xx become <see cref="ControlPlaneRefusedException"/>.
/// </summary>
public sealed class ControlPlaneClient : IDisposable
{
    /// <summary>Bodies above it are announced first (RFC 9110 §10.1.1).</summary>
    private const long AskFirstBytes = 1 << 20;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    private readonly ControlPlaneAddress _address;
    private readonly HttpClient _http;

    public ControlPlaneClient(ControlPlaneAddress address)
    {
        _address = address;
        _http = new HttpClient(Handler(address), disposeHandler: true)
        {
            BaseAddress = address.Server ?? new Uri("http://localhost/"),
            Timeout = Timeout.InfiniteTimeSpan, // watches have no end; others get AnswerTimeout below
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("weft/0.1");
        if (address.Token is { Length: > 0 } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Trim());
        }
    }

    public ControlPlaneAddress Address => _address;

    public void Dispose() => _http.Dispose();

    /// <summary>Called with each warning that an answer carries (RFC 7234 §5.5, code 299).</summary>
    public Action<string>? Warned { get; set; }

    public Task<JsonNode?> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    /// <param name="accept">The form wanted, for example a Table of the resources.</param>
    public Task<JsonNode?> GetAsync(string path, string accept, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct, accept);

    public Task<JsonNode?> PostAsync(string path, JsonNode? body, CancellationToken ct) => SendAsync(HttpMethod.Post, path, Json(body), ct);

    public Task<JsonNode?> PutAsync(string path, JsonNode body, CancellationToken ct) => SendAsync(HttpMethod.Put, path, Json(body), ct);

    public Task<JsonNode?> DeleteAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Delete, path, null, ct);

    /// <param name="type">application/merge-patch+json, application/json-patch+json, application/apply-patch+yaml, …</param>
    public Task<JsonNode?> PatchAsync(string path, string type, JsonNode body, CancellationToken ct) =>
        SendAsync(HttpMethod.Patch, path, new StringContent(body.ToJsonString(), Encoding.UTF8, type), ct);

    /// <summary>Any method with any content; the answer's JSON, or null when it has none.</summary>
    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct, string? accept = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            using HttpResponseMessage response = await SendRawAsync(method, path, content, accept, limit.Token);
            string text = await response.Content.ReadAsStringAsync(limit.Token);
            return text.Length == 0 ? null : Parse(text);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ControlPlaneUnreachableException(_address.Display, $"no answer to {method} {path} in {AnswerTimeout.TotalSeconds:0} s", "Look at `weft status` and the control plane's log.");
        }
    }

    /// <summary>One JSON document per line until the server ends it: a watch (<c>?watch=true</c>).</summary>
    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (string line in LinesAsync(path, "application/json", ct))
        {
            if (line.Length > 0 && Parse(line) is JsonObject change) { yield return change; }
        }
    }

    /// <summary>The data of server-sent events (tap, live tables), one string per event.</summary>
    public async IAsyncEnumerable<string> EventsAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        var data = new StringBuilder();
        await foreach (string line in LinesAsync(path, "text/event-stream", ct))
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                if (data.Length > 0) { data.Append('\n'); }
                data.Append(line.AsSpan(5).TrimStart(' '));
            }
            else if (line.Length == 0 && data.Length > 0)
            {
                yield return data.ToString();
                data.Clear();
            }
        }
    }

    private async IAsyncEnumerable<string> LinesAsync(string path, string accept, [EnumeratorCancellation] CancellationToken ct)
    {
        using HttpResponseMessage response = await SendRawAsync(HttpMethod.Get, path, null, accept, ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
        while (await NextLineAsync(reader, ct) is { } line) { yield return line; }
    }

    private async Task<string?> NextLineAsync(StreamReader reader, CancellationToken ct)
    {
        try
        {
            return await reader.ReadLineAsync(ct);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new ControlPlaneUnreachableException(_address.Display, "the connection ended in the middle", "It restarts by itself under `weft up`; try again.", e);
        }
    }

    private async Task<HttpResponseMessage> SendRawAsync(HttpMethod method, string path, HttpContent? content, string? accept, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };

        // What is too long is refused before it is sent: else the connection breaks in the middle of it, and nobody reads why.
        request.Headers.ExpectContinue = content?.Headers.ContentLength > AskFirstBytes ? true : null;
        if (accept is not null) { request.Headers.Accept.ParseAdd(accept); }
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }

        foreach (WarningHeaderValue warning in response.Headers.Warning) { Warned?.Invoke(warning.Text.Trim('"').Replace("\\\"", "\"", StringComparison.Ordinal)); }
        if (response.IsSuccessStatusCode) { return response; }
        using (response)
        {
            throw Refused(response.StatusCode, await response.Content.ReadAsStringAsync(ct));
        }
    }

    private ControlPlaneUnreachableException Unreachable(HttpRequestException e)
    {
        string why = (e.InnerException ?? e) switch
        {
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "there is no socket",
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nobody listens there",
            SocketException s => s.Message,
            AuthenticationException a => a.Message,
            Exception other => other.Message,
        };
        string cure = _address.Socket is null
            ? "Check the address, the token and the certificate's authority, or leave --server out for the local control plane."
            : "Start one with `weft up` or `weft control`, or name another with --server (WEFT_SERVER).";
        return new ControlPlaneUnreachableException(_address.Display, why, cure, e);
    }

    private static ControlPlaneRefusedException Refused(HttpStatusCode status, string text)
    {
        JsonObject? body = null;
        try { body = JsonNode.Parse(text) as JsonObject; }
        catch (JsonException) { /* not a Status resource: the text itself is the message */ }
        string message = (string?)body?["message"] ?? (text.Length is > 0 and < 500 ? text : $"HTTP {(int)status}");
        return new ControlPlaneRefusedException((int)status, (string?)body?["reason"] ?? status.ToString(), message, body is null ? "" : text);
    }

    private static SocketsHttpHandler Handler(ControlPlaneAddress address)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(10) };
        if (address.Socket is { } path)
        {
            handler.ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
            return handler;
        }

        if (address.ClientCertificate is { } own) { handler.SslOptions.ClientCertificates = [own]; }
        if (address.RootSha256 is { } pin)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => PinnedRoot.Holds(pin, certificate as X509Certificate2, chain, errors);
        }
        else if (address.Roots is { } roots)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        return handler;
    }

    private static StringContent? Json(JsonNode? body) => body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");

    private JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException e)
        {
            throw new ControlPlaneUnreachableException(_address.Display, "its answer is not JSON", "Is something else listening at that address?", e);
        }
    }
}
