using System.Runtime.InteropServices;
using System.Text.Json;
using Weft.Bench.Measure;

namespace Weft.Bench.Report;

internal static class JsonReport
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Task WriteAsync(string file, IReadOnlyList<Run> runs, IReadOnlyList<Ratio> ratios) =>
        File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { machine = Machine(), runs, ratios }, Format) + "\n");

    private static object Machine() => new
    {
        processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "",
        cores = Environment.ProcessorCount,
        kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        runtime = RuntimeInformation.FrameworkDescription,
        peers = Contenders.PeerVersions.All,
    };
}
