using System.Text.Json;
using Weft.Bench.Measure;

namespace Weft.Bench.Report;

internal static class JsonReport
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Task WriteAsync(string file, IReadOnlyList<Run> runs, IReadOnlyList<Ratio> ratios) =>
        File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { machine = Machine.Here(), runs, ratios }, Format) + "\n");}
