using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Model.V1;
using Weft.Proxy.Static;
using Weft.Telemetry.Metrics;

namespace Weft.World.DataPath;

/// <summary>Copies of requests with their content, and that the request itself never waits for one nor fails by it.</summary>
public sealed class MirrorTests
{
    private const string Mirror = "mirror:9080";

    public static TheoryData<string, string, int> Bodies()
    {
        var rows = new TheoryData<string, string, int>();
        foreach (string client in (string[])["1.1", "2.0"])
        {
            foreach (string mirror in (string[])["HTTP/1.1", "HTTP/2"])
            {
                foreach (int bytes in (int[])[1, 60_000, 900_000])
                {
                    rows.Add(client, mirror, bytes);
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_OfAnySize_ReachesRequestAndMirrorWhole(string client, string mirror, int bytes)
    {
        await using Recorder main = await Recorder.StartAsync(HttpProtocols.Http1), copy = await Recorder.StartAsync(mirror == "HTTP/2" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        using OriginsKit kit = Start(main.Port, copy.Port, mirror == "HTTP/2" ? AppProtocol.Http2 : AppProtocol.Http1);
        byte[] body = RandomNumberGenerator.GetBytes(bytes);
        using var http = new HttpClient();
        foreach (bool isCounted in new[] { true, false })
        {
            using HttpResponseMessage answer = await http.SendAsync(Request(kit, client, body, isCounted)).WaitAsync(PathKit.Patience);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Recorded own = await main.NextAsync(), copied = await copy.NextAsync();
            Assert.Equal(body, own.Body);
            Assert.Equal(body, copied.Body);
            Assert.Equal(mirror, copied.Protocol);
            Assert.Equal("api.default:9080", copied.Host); // as Istio since 1.28: no suffix
            Assert.Equal("/p?q=1", copied.Target);
            Assert.Equal(own.RequestId, copied.RequestId);
        }

        Assert.Equal((2ul, 0ul), (kit.Count(LoopCounter.Mirrors), kit.Count(LoopCounter.MirrorsDropped)));
    }

    [Fact]
    public async Task GrpcHead_ToAMirror_StillAcceptsTrailers()
    {
        await using Recorder main = await Recorder.StartAsync(HttpProtocols.Http2), copy = await Recorder.StartAsync(HttpProtocols.Http2);
        using OriginsKit kit = Start(main.Port, copy.Port, AppProtocol.Grpc, c => c.Clusters[0].Protocol = AppProtocol.Grpc);
        using var http = new HttpClient();
        using HttpRequestMessage request = Request(kit, "2.0", [0, 0, 0, 0, 0], isCounted: false);
        request.Content!.Headers.ContentType = new("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        using HttpResponseMessage answer = await http.SendAsync(request).WaitAsync(PathKit.Patience);
        Recorded copied = await copy.NextAsync();
        Assert.Equal("trailers", copied.Te);
        Assert.Equal("application/grpc", copied.ContentType);
        Assert.Equal(5, copied.Body.Length);
    }

    /// <summary>A mirror behind a peer gets the same, and its proxy the words that peers need.</summary>
    [Fact]
    public async Task Body_ToAMirrorBehindAPeer_ArrivesWhole()
    {
        await using Recorder main = await Recorder.StartAsync(HttpProtocols.Http1), copy = await Recorder.StartAsync(HttpProtocols.Http1);
        await using var kit = new PathKit();
        kit.StartServer(copy.Port);
        using var mirrored = new OriginsKit([main.Port], config =>
        {
            config.Identity = kit.Authority.Issue("web");
            AddMirror(config, AppProtocol.Http1, kit.Server!.InboundAddress!.Port);
            Weft.Model.V1.Endpoint endpoint = config.EndpointSets[1].Endpoints[0];
            (endpoint.PeerProtocol, endpoint.TargetPort, endpoint.Identity) = (PathKit.PeerProtocol, 9080, "spiffe://weft.local/ns/default/sa/api");
        });
        byte[] body = RandomNumberGenerator.GetBytes(200_000);
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.SendAsync(Request(mirrored, "1.1", body, isCounted: true)).WaitAsync(PathKit.Patience);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, (await copy.NextAsync()).Body);
    }

    /// <summary>The mirror takes nothing: what waits for it grows to its bound, then it is reset. The request goes on as if there were none.</summary>
    [Fact]
    public async Task Mirror_TakesNothing_IsCutOffByAResetAndTheRequestIsNotHeld()
    {
        await using Recorder main = await Recorder.StartAsync(HttpProtocols.Http1);
        var cut = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stuck = new RawOrigin(async c =>
        {
            await sent.Task; // not a byte is read until the whole request was answered
            cut.SetResult(await Record.ExceptionAsync(c.ReadToEndAsync));
        });
        using OriginsKit kit = Start(main.Port, stuck.Port, AppProtocol.Http1);
        byte[] body = RandomNumberGenerator.GetBytes(24 << 20); // more than sockets and bound hold
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.SendAsync(Request(kit, "1.1", body, isCounted: true)).WaitAsync(PathKit.Patience);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, (await main.NextAsync()).Body);
        sent.SetResult();
        Assert.IsType<IOException>(await cut.Task.WaitAsync(PathKit.Patience));
        await kit.UntilAsync(() => kit.Count(LoopCounter.MirrorsDropped) == 1 && kit.Loop.MirrorBytesWaiting == 0 && kit.Loop.MirrorsUnderWay == 0, "the copy is still there");
    }

    /// <summary>Refused, closed at once, answering nonsense: the request does not know.</summary>
    [Theory]
    [InlineData("refuses")]
    [InlineData("closes")]
    [InlineData("talks garbage")]
    [InlineData("has no endpoints")]
    public async Task Mirror_ThatFails_IsNotTheRequestsFault(string how)
    {
        await using Recorder main = await Recorder.StartAsync(HttpProtocols.Http1);
        var mirror = new RawOrigin(async c =>
        {
            if (how == "talks garbage")
            {
                await c.SendAsync("HTTP/1.1 2xx \0\r\n\r\n");
            }
        });
        int port = mirror.Port;
        if (how == "refuses")
        {
            mirror.Dispose();
        }

        using OriginsKit kit = Start(main.Port, port, AppProtocol.Http1, c =>
        {
            if (how == "has no endpoints")
            {
                c.EndpointSets[1].Endpoints.Clear();
            }
        });
        byte[] body = RandomNumberGenerator.GetBytes(300_000);
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.SendAsync(Request(kit, "1.1", body, isCounted: true)).WaitAsync(PathKit.Patience);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, (await main.NextAsync()).Body);
        mirror.Dispose();
    }

    /// <summary>A client that goes in the middle leaves no copy that looks whole.</summary>
    [Fact]
    public async Task Client_LeavesInItsBody_TheMirrorIsResetToo()
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cut = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var main = new RawOrigin(async c => await c.ReadToEndAsync());
        using var copy = new RawOrigin(async c =>
        {
            await c.ReadUntilAsync("half");
            read.SetResult();
            cut.SetResult(await Record.ExceptionAsync(c.ReadToEndAsync));
        });
        using OriginsKit kit = Start(main.Port, copy.Port, AppProtocol.Http1);
        using (RawClient client = await kit.ConnectAsync())
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: api.default:9080\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            await read.Task.WaitAsync(PathKit.Patience);
        }

        Assert.IsType<IOException>(await cut.Task.WaitAsync(PathKit.Patience));
    }

    private static OriginsKit Start(int main, int mirror, AppProtocol protocol, Action<StaticConfig>? configure = null) => new([main], config =>
    {
        AddMirror(config, protocol, mirror);
        configure?.Invoke(config);
    });

    private static void AddMirror(StaticConfig config, AppProtocol protocol, int port)
    {
        OriginsKit.AddService(config, Mirror, protocol, port);
        config.RouteSets[0].VirtualHosts[0].Routes[0].Forward.Mirrors.Add(new Mirror { Cluster = Mirror });
    }

    private static HttpRequestMessage Request(OriginsKit kit, string version, byte[] body, bool isCounted)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://{kit.Address}/p?q=1")
        {
            Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body),
        };
        request.Headers.Host = "api.default:9080";
        request.Headers.TransferEncodingChunked = !isCounted && version == "1.1";
        if (!isCounted && version == "2.0")
        {
            request.Content = new StreamContent(new UncountedStream(body));
        }

        return request;
    }

    private sealed record Recorded(string Protocol, string Host, string Target, string RequestId, string Te, string ContentType, byte[] Body);

    /// <summary>A stream that does not know its length.</summary>
    private sealed class UncountedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>An origin that keeps what it was sent.</summary>
    private sealed class Recorder : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<Recorded> _requests = new();
        private readonly SemaphoreSlim _came = new(0);

        private Recorder(WebApplication app) => _app = app;

        internal int Port { get; private set; }

        internal static async Task<Recorder> StartAsync(HttpProtocols protocols)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(k =>
            {
                k.Limits.MaxRequestBodySize = null;
                k.Listen(IPAddress.Loopback, 0, l => l.Protocols = protocols);
            });
            WebApplication app = builder.Build();
            var recorder = new Recorder(app);
            app.Run(recorder.AnswerAsync);
            await app.StartAsync();
            recorder.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            return recorder;
        }

        internal async Task<Recorded> NextAsync()
        {
            Assert.True(await _came.WaitAsync(PathKit.Patience), "nothing came");
            Assert.True(_requests.TryDequeue(out Recorded? request));
            return request;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task AnswerAsync(HttpContext context)
        {
            HttpRequest request = context.Request;
            var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _requests.Enqueue(new Recorded(
                request.Protocol, request.Host.Value ?? "", $"{request.Path}{request.QueryString}", request.Headers["x-request-id"].ToString(), request.Headers.TE.ToString(), request.ContentType ?? "", body.ToArray()));
            _came.Release();
            await context.Response.WriteAsync("taken");
        }
    }
}
