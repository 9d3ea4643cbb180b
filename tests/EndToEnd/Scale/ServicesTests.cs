using System.Globalization;
using Weft.Bench.Measure;
using Weft.Bench.Scale;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Scale;

/// <summary>What thousands of services cost the proxy that is shipped, as a sidecar of a mesh that has them.</summary>
[Collection(MachineCollection.Name)]
public sealed class ServicesTests
{
    private const int Services = 10_000;

    /// <summary>A proxy without any takes 19 MiB of it.</summary>
    private const double RssMiBMax = 60;

    /// <summary>While its metrics are read, which are more than a hundred MiB of text.</summary>
    private const double ScrapedRssMiBMax = 80;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>To find that it is at rest, and to give back what work has left.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Proxy_TenThousandServicesUsed_RestsWithinItsMemory()
    {
        using var origin = new TinyOrigin();
        await using ServiceMesh mesh = await ServiceMesh.StartAsync(Services, origin.Port, TestContext.Current.CancellationToken);
        int port = TinyOrigin.FreePort(), metricsPort = TinyOrigin.FreePort();
        await using LiveProcess proxy = LiveProcess.Start(Repository.Binary("weft-proxy"), ["sidecar", "--bootstrap", mesh.WriteBootstrap(port, metricsPort)], new Dictionary<string, string>());
        await proxy.SaysAsync("proxy.ready");
        await Eventually.TrueAsync("the last part of the names", StartLimit, async () => await ServiceCalls.CallEachAsync(port, [Services - 1], TestContext.Current.CancellationToken) == 0);
        Assert.Equal(0, await ServiceCalls.CallEachAsync(port, Enumerable.Range(0, Services), TestContext.Current.CancellationToken));

        double rss = 0;
        try
        {
            await Eventually.TrueAsync("the proxy is at rest", RestLimit, () => Task.FromResult((rss = Memory.Of([proxy.Id]).RssMiB) <= RssMiBMax));
        }
        catch (TimeoutException)
        {
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"the proxy rests with {rss:F1} MiB instead of at most {RssMiBMax}"));
        }

        await ScrapeAsync(metricsPort);
        rss = Memory.Of([proxy.Id]).RssMiB;
        Assert.True(rss <= ScrapedRssMiBMax, string.Create(CultureInfo.InvariantCulture, $"a scraped proxy takes {rss:F1} MiB instead of at most {ScrapedRssMiBMax}"));
    }

    /// <summary>Whole: the last metric is there.</summary>
    private static async Task ScrapeAsync(int port)
    {
        using var client = new HttpClient();
        using var metrics = new StreamReader(await client.GetStreamAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken));
        string last = "";
        while (await metrics.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            last = line;
        }

        Assert.StartsWith("process_cpu_seconds_total ", last, StringComparison.Ordinal);
    }
}
