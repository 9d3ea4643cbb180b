using Weft.Conformance.Explain;
using Weft.Conformance.Live.Kit;

namespace Weft.Conformance.Live;

/// <summary>
/// The rows of the explain table again, each through running proxies: what `weft explain` says of a request is what becomes of it.
/// </summary>
public sealed class LiveSuiteTests(LiveWorld world) : IClassFixture<LiveWorld>
{
    /// <summary>All of them, or only those whose names contain what WEFT_LIVE_ROWS says (while one is worked on).</summary>
    public static TheoryData<string, string> Rows()
    {
        string only = Environment.GetEnvironmentVariable("WEFT_LIVE_ROWS") ?? "";
        TheoryData<string, string> rows = [];
        foreach ((string file, string name) in ExplainTable.Rows.Where(r => r.Name.Contains(only, StringComparison.Ordinal) && ExplainTable.Load(r.File, r.Name).NotLive.Length == 0))
        {
            rows.Add(file, name);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task LivePath_Row_DoesWhatExplainSays(string file, string name)
    {
        ExplainCase row = ExplainTable.Load(file, name);
        using LiveRun run = await LiveRun.StartAsync(world, row);
        string? difference = await LiveVerdict.OfAsync(run);
        Assert.True(difference is null, $"{difference}\n{run.Answer}");
    }
}
