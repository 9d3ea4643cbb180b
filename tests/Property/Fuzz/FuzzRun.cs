namespace Weft.Property.Fuzz;

/// <summary>
/// A bounded run of mutations over each target's seeds and its kept corpus, the same in every run. A finding becomes a file in
/// Fuzz/Corpus/&lt;target&gt;/ and stays there.
/// </summary>
public sealed class FuzzRun
{
    private const int MutationsPerSeed = 4_000;
    private const int BytesMax = 512;

    private static readonly byte[][] Words =
    [
        "\r\n"u8.ToArray(), "\r\n\r\n"u8.ToArray(), ": "u8.ToArray(), "chunked"u8.ToArray(), "Content-Length: "u8.ToArray(), "%2e"u8.ToArray(), "/.."u8.ToArray(),
        [0], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80], "HTTP/1.1"u8.ToArray(), "0\r\n"u8.ToArray(),
    ];

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Target_SeedsCorpusAndMutations_NeverThrow(string target)
    {
        (Action<byte[]> run, byte[][] seeds) = FuzzTargets.All[target];
        var random = new Random(9112);
        foreach (byte[] seed in seeds.Concat(Corpus(target)))
        {
            Try(run, seed);
            for (int i = 0; i < MutationsPerSeed; i++)
            {
                Try(run, Mutate(seed, random));
            }
        }
    }

    private static void Try(Action<byte[]> run, byte[] input)
    {
        try
        {
            run(input);
        }
        catch (Exception e) // whatever it is, the input that did it is the finding
        {
            Assert.Fail($"{Convert.ToHexString(input)}: {e}");
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when at < bytes.Count:
                    bytes.RemoveRange(at, random.Next(bytes.Count - at) / 4 + 1);
                    break;
                case 3:
                    bytes.InsertRange(at, Words[random.Next(Words.Length)]);
                    break;
                case 4 when at < bytes.Count && bytes.Count < BytesMax:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(bytes.Count - at) + 1));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Findings of earlier runs, beside this file in the repository.</summary>
    private static IEnumerable<byte[]> Corpus(string target)
    {
        string directory = Path.Combine(AppContext.BaseDirectory, "Fuzz", "Corpus", target);
        Assert.True(Directory.Exists(Path.GetDirectoryName(directory)), "the corpus was not copied beside the tests");
        return Directory.Exists(directory) ? Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];
    }
}
