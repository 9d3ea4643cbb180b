using System.Net;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Model.V1;
using Weft.Telemetry.Metrics;

namespace Weft.World.DataPath;

/// <summary>Hedging where requests share connections: the loser's stream is reset, and its connection goes on.</summary>
public sealed class HedgingHttp2Tests
{
    private const int Requests = 30;

    [Fact]
    public async Task Get_OverSharedConnections_ResetsTheLosersStreamAndNothingElse()
    {
        int asked = 0, aborted = 0;
        var connections = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await using WebApplication slow = await StartAsync(async context =>
        {
            connections[context.Connection.Id] = true;
            Interlocked.Increment(ref asked);
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            context.RequestAborted.Register(() => gone.TrySetResult());
            await gone.Task;
            Interlocked.Increment(ref aborted);
        });
        await using WebApplication fast = await StartAsync(context => context.Response.WriteAsync($"fast {context.Request.Path}"));
        using var kit = new OriginsKit([PortOf(slow), PortOf(fast)], config =>
        {
            config.Clusters[0].Protocol = AppProtocol.Http2;
            config.Clusters[0].Hedging = new Hedging { After = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(20)), Attempts = 1, BudgetPercent = 100 };
        });
        using var http = new HttpClient();
        for (int i = 0; Volatile.Read(ref asked) == 0 && i < Requests; i++)
        {
            Assert.Equal($"fast /{i}", await GetAsync(http, kit, i).WaitAsync(PathKit.Patience)); // until the slow one has a connection, and not only dials
        }

        string[] bodies = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => GetAsync(http, kit, i))).WaitAsync(PathKit.Patience);
        Assert.Equal(Enumerable.Range(0, Requests).Select(i => $"fast /{i}"), bodies);
        await kit.UntilAsync(() => Volatile.Read(ref aborted) == Volatile.Read(ref asked), $"{asked} were asked, {aborted} learnt that they lost");
        Assert.True(asked > 0);
        Assert.Single(connections);
        Assert.InRange(kit.Count(LoopCounter.TriesLetGo), (ulong)asked, ulong.MaxValue); // some may have been let go while they dialled
    }

    private static async Task<string> GetAsync(HttpClient http, OriginsKit kit, int i)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{kit.Address}/{i}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = "api.default:9080";
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        WebApplication app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    private static int PortOf(WebApplication app) => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
}
