using System.Text.Json.Nodes;
using Weft.Conformance.GatewayApi.Kit;
using Weft.Resources;

namespace Weft.Conformance.GatewayApi;

/// <summary>
/// The Gateway API's conformance suite, replayed: each test applies its manifests to one shared mesh of real processes, looks,
/// and takes them away again. See <see cref="SuiteTests.Known"/> for what does not hold yet.
/// </summary>
public sealed class GatewayApiConformanceTests(ConformanceMesh mesh) : IClassFixture<ConformanceMesh>
{
    /// <summary>All of them, or only those that WEFT_GATEWAY_TESTS names, "A,B" (while one is worked on).</summary>
    public static TheoryData<string> Tests => [.. SuiteTests.All.Select(t => t.Name).Where(n => Only.Length == 0 || Only.Contains(n))];

    private static string[] Only => (Environment.GetEnvironmentVariable("WEFT_GATEWAY_TESTS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    [Theory]
    [MemberData(nameof(Tests))]
    public async Task Suite_Test_Holds(string name)
    {
        Assert.SkipWhen(ConformanceMesh.Obstacle.Length > 0, ConformanceMesh.Obstacle);
        GatewayTest test = SuiteTests.All.Single(t => t.Name == name);
        string? known = SuiteTests.Known.GetValueOrDefault(name);
        Resource[] manifests = [.. test.Manifests.SelectMany(SuiteData.Read)];
        try
        {
            await mesh.ApplyAsync(manifests);
            await test.Run(new SuiteRun(mesh));
            mesh.Report.Passed(test);
        }
        catch (Exception e) when (known is not null && e is not OutOfMemoryException)
        {
            mesh.Report.Failed(test, e.Message);
            Assert.Skip($"Known: {known} ({e.Message})");
        }
        catch (Exception e)
        {
            mesh.Report.Failed(test, e.Message);
            throw;
        }
        finally
        {
            await mesh.DeleteAsync(manifests);
        }

        Assert.True(known is null, $"{name} passes now: take it out of the table of what is known to fail.");
    }

    /// <summary>What GatewayClasses claim is what the run sees, no more and no less. Features of the mesh are not theirs to claim.</summary>
    [Fact]
    public async Task GatewayClass_SupportedFeatures_AreThoseWhoseTestsPass()
    {
        Assert.SkipWhen(ConformanceMesh.Obstacle.Length > 0, ConformanceMesh.Obstacle);
        string[] claimed = [];
        await Convergence.OnceAsync("the GatewayClass has a status", async ct =>
        {
            JsonNode? json = await mesh.Client.GetAsync($"/apis/gateway.networking.k8s.io/v1/gatewayclasses/{SuiteData.ClassName}", ct);
            claimed = [.. (json?["status"]?["supportedFeatures"] as JsonArray ?? []).Select(f => (string?)f?["name"] ?? "")];
            return claimed.Length > 0 ? null : "no features";
        });
        IEnumerable<string> seen = SuiteTests.All.SelectMany(t => t.Features).Distinct()
            .Where(f => !f.StartsWith("Mesh", StringComparison.Ordinal) && SuiteTests.All.Any(t => t.Features.Contains(f) && !SuiteTests.Known.ContainsKey(t.Name)));
        Assert.Equal(seen.Order(StringComparer.Ordinal), claimed);
    }
}
