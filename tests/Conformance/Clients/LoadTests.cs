using System.Text.RegularExpressions;
using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>Bounded runs of load generators written by others: no error, whatever the rate.</summary>
public sealed partial class LoadTests(ClientWorld world) : IClassFixture<ClientWorld>
{
    private const int Requests = 5_000;

    [Theory]
    [InlineData(1, "http")]
    [InlineData(2, "http")]
    [InlineData(1, "https")]
    [InlineData(2, "https")]
    public async Task Wrk_OneSecond_CountsNoError(int hops, string scheme)
    {
        CommandResult run = (await ClientWorld.RunAsync("wrk", "wrk", "-t1", "-c16", "-d1s", world.Url(scheme, hops, "/hello"))).Succeeded();
        Assert.DoesNotContain("Socket errors", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", run.Output, StringComparison.Ordinal);
        Assert.True(int.Parse(Count().Match(run.Output).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) > 0, run.Output);
    }

    [Theory]
    [InlineData(1, "http", "--h1", 1)]
    [InlineData(2, "http", "--h1", 1)]
    [InlineData(1, "http", "--h1", 8)]
    [InlineData(2, "http", "--h1", 8)]
    [InlineData(1, "https", "--h1", 1)]
    [InlineData(1, "http", "", 32)]
    [InlineData(2, "http", "", 32)]
    [InlineData(1, "https", "", 32)]
    [InlineData(2, "https", "", 32)]
    public async Task H2load_BoundedRun_CountsNoError(int hops, string scheme, string flags, int atOnce)
    {
        string[] arguments = [.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-n", $"{Requests}", "-c", "16", "-m", $"{atOnce}", world.Url(scheme, hops, "/hello")];
        CommandResult run = (await ClientWorld.RunAsync("h2load", "nghttp2-client", arguments)).Succeeded();
        Assert.Contains($"{Requests} succeeded, 0 failed, 0 errored, 0 timeout", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{Requests} 2xx", run.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Count();
}
