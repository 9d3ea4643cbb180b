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

    /// <summary>To find that it is at rest, and to give back what work has left.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Proxy_TenThousandServicesUsed_RestsWithinItsMemory()
    {
        using var origin = new TinyOrigin();
        await using ServiceMesh mesh = await ServiceMesh.StartAsync(Services, origin.Port, TestContext.Current.CancellationToken);
        int port = TinyOrigin.FreePort();
        await using LiveProcess proxy = LiveProcess.Start(Repository.Binary("weft-proxy"), ["sidecar", "--bootstrap", mesh.WriteBootstrap(port)], new Dictionary<string, string>());
        await proxy.SaysAsync("proxy.ready");
        Assert.Equal(0, await ServiceCalls.CallEachAsync(port, Services, TestContext.Current.CancellationToken));

        double rss = 0;
        try
        {
            await Eventually.TrueAsync("the proxy is at rest", RestLimit, () => Task.FromResult((rss = Memory.Of([proxy.Id]).RssMiB) <= RssMiBMax));
        }
        catch (TimeoutException)
        {
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"the proxy rests with {rss:F1} MiB instead of at most {RssMiBMax}"));
        }
    }
}
