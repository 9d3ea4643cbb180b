using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Weft.Conformance.Kit;

namespace Weft.Conformance.Smuggling;

/// <summary>HTTP/1 before a server of HTTP/2 (Kestrel, which refuses what RFC 9113 §8.2 forbids): what belongs to a connection, or to its framing, becomes no field.</summary>
public sealed class UpstreamHttp2Table(UpstreamHttp2World world) : IClassFixture<UpstreamHttp2World>
{
    private const string Next = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /// <summary>RFC section, request, and what the server reports: its line, the fields of the list that it saw, content and trailers. A number: our own answer.</summary>
    public static TheoryData<string, string, string> Cases => new()
    {
        { "9112-7.1", Post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"), "POST /first||hello" },
        { "9112-7.1.1", Post("Transfer-Encoding: chunked", "5;a=b\r\nhello\r\n0;c\r\n\r\n"), "POST /first||hello" },
        { "9112-7.1.2", Post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), "POST /first||hello|x-sum: 1" },
        { "9112-7.1.2", Post("Transfer-Encoding: chunked\r\nTrailer: X-Sum", "0\r\nX-Sum: \t1 \r\n\r\n"), "POST /first|trailer: X-Sum||x-sum: 1" },
        { "9112-7.1", Post("Transfer-Encoding: chunked\r\nTE: trailers\r\nConnection: te", "0\r\n\r\n"), "POST /first|te: trailers|" },
        { "9112-6.2", Post("Content-Length: 5", "hello"), "POST /first|content-length: 5|hello" },
        { "9112-6.2", Post("Content-Length: 0"), "POST /first|content-length: 0|" },
        { "9112-6.2", "GET /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "GET /first|content-length: 5|hello" },
        { "9112-6.1", "GET /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "GET /first||hello" },
        { "9110-7.6.1", Get("Connection: x-sum\r\nX-Sum: 1"), "GET /first||" },
        { "9110-7.6.1", Get("Connection: keep-alive, x-sum\r\nKeep-Alive: timeout=5\r\nX-Sum: 1"), "GET /first||" },
        { "9110-7.6.1", Get("Proxy-Connection: keep-alive"), "GET /first||" },
        { "9110-7.8", Get("Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"), "GET /first||" },
        { "9110-7.8", Get("Upgrade: websocket"), "GET /first||" },
        { "9110-10.1.4", Get("TE: gzip"), "GET /first||" },
        { "9110-10.1.4", Get("TE: trailers, gzip"), "GET /first||" },
        { "9110-10.1.4", Get("TE: trailers"), "GET /first|te: trailers|" },
        { "9110-10.1.1", Post("Expect: 100-continue\r\nContent-Length: 5", "hello"), "POST /first|content-length: 5|hello" },
        { "9110-10.1.1", Get("Expect: 100-continue"), "GET /first||" },
        { "9110-5.1", Get("X-SUM: a"), "GET /first|x-sum: a|" },
        { "9110-5.5", Get("x-sum:\t a\tb \t"), "GET /first|x-sum: a\tb|" },
        { "9110-5.5", Get("x-sum:"), "GET /first|x-sum: |" },
        { "9112-3.2.2", "GET http://a/first HTTP/1.1\r\nHost: a\r\n\r\n", "GET /first||" },
        { "9112-3.2", "GET /a/../first HTTP/1.1\r\nHost: A.\r\n\r\n", "GET /first||" },

        // What HTTP/2 has no place for, and what only looks like its own.
        { "9112-5.2", Get("x-sum: a\r\n b"), "400" },
        { "9112-5.2", Get("x-sum: a\r\n\tb"), "400" },
        { "9112-5", Get(":path: /smuggled"), "400" },
        { "9112-5", Get(":authority: b"), "400" },
        { "9112-5.1", Get("x-sum : a"), "400" },
        { "9110-5.5", Get("x-sum: a\0b"), "400" },
        { "9110-5.5", Get("x-sum: a\rb"), "400" },
        { "9112-3.2", "GET /first HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400" },
        { "9112-3.2", "GET http://b/first HTTP/1.1\r\nHost: a\r\n\r\n", "400" },
        { "9112-6.1", Post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), "501" },
        { "9112-6.3", Post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), "400" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Input_BeforeHttp2_ArrivesAsItWasMeant(string section, string request, string told)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, world.Port).WaitAsync(SmugglingChain.Patience);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request + Next));
        var read = new MemoryStream();
        await new NetworkStream(socket).CopyToAsync(read).WaitAsync(SmugglingChain.Patience);
        string answers = Encoding.Latin1.GetString(read.ToArray()).Replace("HTTP/1.1 100 Continue\r\n\r\n", "", StringComparison.Ordinal);
        bool isOurs = told.All(char.IsAsciiDigit);
        Assert.StartsWith($"HTTP/1.1 {(isOurs ? told : "200")} ", answers, StringComparison.Ordinal);
        Assert.True(isOurs || answers.Contains($"<{told}>", StringComparison.Ordinal), $"{section}: {answers}");
        Assert.Equal(isOurs ? 0 : 1, answers.Split("<GET /next||>").Length - 1);
    }

    private static string Get(string fields) => $"GET /first HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n";

    private static string Post(string fields, string body = "") => $"POST /first HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{body}";
}

/// <summary>The shipped proxy before a server of HTTP/2 that tells what it was asked.</summary>
public sealed class UpstreamHttp2World : IAsyncLifetime
{
    /// <summary>Fields that the server reports when it sees them; others are the proxy's own.</summary>
    private static readonly string[] s_reported =
    [
        "connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-sum",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("weft-upstream-").FullName;
    private KestrelOrigin? _origin;
    private ChildProcess? _proxy;

    internal int Port { get; } = ChildProcess.FreePort();

    public async ValueTask InitializeAsync()
    {
        _origin = await KestrelOrigin.StartAsync(routes: app => app.MapFallback(TellAsync));
        _proxy = await WeftProxy.StartGatewayAsync(_folder, new GatewayPlan(Port, _origin.Http2Port) { Cluster = "HTTP2" });
    }

    public async ValueTask DisposeAsync()
    {
        _proxy?.Dispose();
        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static async Task TellAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
        string body = await reader.ReadToEndAsync();
        HttpRequest request = context.Request;
        string fields = string.Join(", ", s_reported.Where(request.Headers.ContainsKey).Select(n => $"{n}: {request.Headers[n]}"));
        string trailers = request.SupportsTrailers() && request.CheckTrailersAvailable() && request.GetTrailer("x-sum") is { Count: > 0 } sum ? $"|x-sum: {sum}" : "";
        await context.Response.WriteAsync($"<{request.Method} {request.Path}{request.QueryString}|{fields}|{body}{trailers}>");
    }
}
