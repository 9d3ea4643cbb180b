using System.Globalization;

namespace Weft.Property.Fuzz;

/// <summary>
/// Every parser under a coverage-guided fuzzer: seeds, the kept corpus, then inputs that follow new edges, the same in every run. What earlier and
/// longer runs found interesting is one line of hexadecimal in Fuzz/Corpus/&lt;target&gt;.hex; a finding becomes a file in Fuzz/Corpus/&lt;target&gt;/.
/// WEFT_FUZZ_SECONDS=60 runs that long per target, WEFT_FUZZ_KEEP=DIRECTORY writes the lines.
/// </summary>
public sealed class FuzzRun
{
    private const int ExecutionsMin = 3_000;
    private const int KeptMax = 60;
    private const int KeptBytesMax = 256;

    private static readonly Lazy<InstrumentedTargets> s_instrumented = new(() => new InstrumentedTargets());

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Target_FollowingNewEdges_NeverThrows(string target)
    {
        (Action<byte[]> run, byte[][] seeds) = s_instrumented.Value.Targets[target];
        using var fuzzer = new CoverageFuzzer(run);
        foreach (byte[] seed in seeds.Concat(Findings(target)).Concat(Kept(target)))
        {
            Try(fuzzer, seed);
        }

        Assert.True(fuzzer.Edges > 1, "the parsers count no edges: instrumentation does not work");
        var random = new Random(9112);
        long end = Environment.TickCount64 + (1_000 * long.Parse(Environment.GetEnvironmentVariable("WEFT_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture));
        while (fuzzer.Executions < ExecutionsMin || Environment.TickCount64 < end)
        {
            Try(fuzzer, fuzzer.Next(random));
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{target}: {fuzzer.Executions} executions, {fuzzer.Edges} edges, {fuzzer.Queue.Count} inputs kept");
        if (Environment.GetEnvironmentVariable("WEFT_FUZZ_KEEP") is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
            File.WriteAllLines(Path.Combine(directory, target + ".hex"), fuzzer.Queue.Where(i => i.Length <= KeptBytesMax).Take(KeptMax).Select(Convert.ToHexString));
        }
    }

    private static void Try(CoverageFuzzer fuzzer, byte[] input)
    {
        try
        {
            fuzzer.Try(input);
        }
        catch (Exception e) // whatever it is, the input that did it is the finding
        {
            Assert.Fail($"{Convert.ToHexString(input)}: {e}");
        }
    }

    private static IEnumerable<byte[]> Findings(string target) =>
        Directory.Exists(Corpus(target)) ? Directory.GetFiles(Corpus(target)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];

    private static IEnumerable<byte[]> Kept(string target) => File.Exists(Corpus(target + ".hex")) ? File.ReadLines(Corpus(target + ".hex")).Select(Convert.FromHexString) : [];

    private static string Corpus(string name)
    {
        string corpus = Path.Combine(AppContext.BaseDirectory, "Fuzz", "Corpus");
        Assert.True(Directory.Exists(corpus), "the corpus was not copied beside the tests");
        return Path.Combine(corpus, name);
    }
}
