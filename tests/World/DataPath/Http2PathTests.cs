using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Model.V1;

namespace Weft.World.DataPath;

/// <summary>HTTP/2 from end to end: .NET's client, two proxies with mutual TLS between them, Kestrel; and every mixture with HTTP/1.1.</summary>
public sealed class Http2PathTests
{
    private const int LargeBytes = 3 << 20;

    public static TheoryData<string, string> Versions => new() { { "2.0", "HTTP/2" }, { "2.0", "HTTP/1.1" }, { "1.1", "HTTP/2" }, { "1.1", "HTTP/1.1" } };

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Content_LargeBothWays_ArrivesWholeInEveryMixture(string client, string server)
    {
        await using Mesh mesh = await Mesh.StartAsync(client, server);
        byte[] content = RandomNumberGenerator.GetBytes(LargeBytes);
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => mesh.SendAsync("/echo", new ByteArrayContent(content))));
        foreach (HttpResponseMessage answer in answers)
        {
            Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync());
            Assert.Equal(server, Assert.Single(answer.Headers.GetValues("x-protocol")));
        }
    }

    /// <remarks>Kestrel has no trailers in HTTP/1.1; that mixture is tested with bytes of our own elsewhere.</remarks>
    [Theory]
    [InlineData("2.0")]
    [InlineData("1.1")]
    public async Task Trailers_BehindContent_Pass(string client)
    {
        await using Mesh mesh = await Mesh.StartAsync(client, "HTTP/2");
        HttpResponseMessage answer = await mesh.SendAsync("/trailers", null);
        Assert.Equal("before", await answer.Content.ReadAsStringAsync());
        Assert.Equal("behind", Assert.Single(answer.TrailingHeaders.GetValues("x-after")));
    }

    [Fact]
    public async Task Requests_ManyAtOnce_AreAllAnswered()
    {
        await using Mesh mesh = await Mesh.StartAsync("2.0", "HTTP/2");
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => mesh.SendAsync($"/echo?{i}", new StringContent($"{i}"))));
        string[] texts = await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), texts);
    }

    [Fact]
    public async Task Client_CancelsItsStream_TheServerLearns()
    {
        await using Mesh mesh = await Mesh.StartAsync("2.0", "HTTP/2");
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> pending = mesh.SendAsync("/hang", null, cancel.Token);
        await mesh.Hanging.Task.WaitAsync(PathKit.Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await mesh.Aborted.Task.WaitAsync(PathKit.Patience);
        Assert.Equal(HttpStatusCode.OK, (await mesh.SendAsync("/echo", null)).StatusCode);
    }

    [Fact]
    public async Task Client_GoneWhileItsContentWaits_TheServerLearns()
    {
        await using Mesh mesh = await Mesh.StartAsync("2.0", "HTTP/2");
        using var cancel = new CancellationTokenSource();
        var content = new HeldContent(8 << 20); // more than all windows on the way hold
        Task<HttpResponseMessage> pending = mesh.SendAsync("/hang", content, cancel.Token);
        await mesh.Hanging.Task.WaitAsync(PathKit.Patience);
        await content.Written.Task.WaitAsync(PathKit.Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await mesh.Aborted.Task.WaitAsync(PathKit.Patience);
    }

    [Fact]
    public async Task Answer_CutOffInTheMiddle_NeverEndsCleanly()
    {
        await using Mesh mesh = await Mesh.StartAsync("2.0", "HTTP/1.1");
        HttpResponseMessage? whole = null;
        Exception? cut = await Record.ExceptionAsync(async () => whole = await mesh.SendAsync("/cut", null));

        // The reset may overtake the head: then the answer is ours.
        Assert.True(cut is HttpRequestException || whole is { StatusCode: HttpStatusCode.ServiceUnavailable }, $"{whole} {cut}");
    }

    /// <summary>Content that is sent beside the answer, and ends when it is told.</summary>
    private sealed class HeldContent(int length = 1) : HttpContent
    {
        private const int MostWindows = 1 << 20;
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Most of what the windows on the way hold was taken.</summary>
        internal TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Finish() => _finished.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            byte[] piece = new byte[Math.Min(length, 16 << 10)];
            for (int sent = 0; sent < length; sent += piece.Length)
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
                if (sent >= MostWindows)
                {
                    Written.TrySetResult();
                }
            }

            await _finished.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Kestrel behind two proxies, and .NET's client before them.</summary>
    private sealed class Mesh : IAsyncDisposable
    {
        private readonly WebApplication _origin;
        private readonly PathKit _kit = new();
        private readonly HttpClient _client = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        private readonly string _version;

        private Mesh(WebApplication origin, string version)
        {
            _origin = origin;
            _version = version;
        }

        internal TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal static async Task<Mesh> StartAsync(string client, string server)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            HttpProtocols protocols = server == "HTTP/2" ? HttpProtocols.Http2 : HttpProtocols.Http1;
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = protocols));
            WebApplication origin = builder.Build();
            var mesh = new Mesh(origin, client);
            origin.Run(mesh.AnswerAsync);
            await origin.StartAsync();
            int port = new Uri(origin.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            AppProtocol protocol = server == "HTTP/2" ? AppProtocol.Http2 : AppProtocol.Http1;
            mesh._kit.StartServer(port, w => w.Inbound[0].Protocol = protocol);
            mesh._kit.StartClient(mesh._kit.Authority, protocol: protocol);
            return mesh;
        }

        internal Task<HttpResponseMessage> SendAsync(string path, HttpContent? content, CancellationToken cancelled = default) => SendAsync(path, content, HttpCompletionOption.ResponseContentRead, cancelled);

        internal Task<HttpResponseMessage> SendAsync(string path, HttpContent? content, HttpCompletionOption until, CancellationToken cancelled = default)
        {
            var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, $"http://{_kit.Client!.OutboundAddress}{path}")
            {
                Version = Version.Parse(_version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = content,
            };
            request.Headers.Host = "api.default:9080";
            request.Headers.TE.ParseAdd("trailers");
            return _client.SendAsync(request, until, cancelled).WaitAsync(PathKit.Patience, CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await _kit.DisposeAsync();
            await _origin.DisposeAsync();
        }

        private async Task AnswerAsync(HttpContext context)
        {
            context.Response.Headers["x-protocol"] = context.Request.Protocol;
            switch (context.Request.Path.Value)
            {
                case "/trailers":
                    context.Response.DeclareTrailer("x-after");
                    await context.Response.WriteAsync("before");
                    context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers["x-after"] = "behind";
                    break;
                case "/hang":
                    context.RequestAborted.Register(() => Aborted.TrySetResult());
                    Hanging.SetResult();
                    await Aborted.Task;
                    break;
                case "/cut":
                    context.Response.ContentLength = 100;
                    await context.Response.WriteAsync("part");
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    break;
                default:
                    var content = new MemoryStream(); // whole: .NET's client reads no answer before it has sent all of its request
                    await context.Request.Body.CopyToAsync(content);
                    await context.Response.Body.WriteAsync(content.ToArray());
                    break;
            }
        }
    }
}
