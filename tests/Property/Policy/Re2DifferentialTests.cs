using System.Text;
using Weft.Primitives.Expressions;

namespace Weft.Property.Policy;

public sealed class Re2DifferentialTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-re2-").FullName;

    /// <summary>What RE2 said once, so that the comparison holds where there is no RE2. WEFT_RE2_RECORD=1 writes it anew.</summary>
    [Fact]
    public async Task Match_RecordedVerdicts_Hold()
    {
        string file = Path.Combine(Path.GetDirectoryName(ThisFile())!, "Re2Verdicts.txt");
        if (Environment.GetEnvironmentVariable("WEFT_RE2_RECORD") == "1" && Re2Oracle.Build(_folder, out _) is { } oracle)
        {
            string[] answers = await Re2Oracle.AskAsync(oracle, [.. Re2Samples.Patterns.SelectMany(p => Re2Samples.Texts.Select(t => ("M", p, Encoding.UTF8.GetBytes(t), string.Empty)))]);
            await File.WriteAllLinesAsync(file, Re2Samples.Patterns.Zip(answers.Chunk(Re2Samples.Texts.Length), Line), TestContext.Current.CancellationToken);
        }

        var ours = Re2Samples.Patterns.Select(p => Line(p, [.. Re2Samples.Texts.Select(t => Verdict(p, Encoding.UTF8.GetBytes(t)))]));
        Assert.Equal(await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken), ours);
    }

    [Fact]
    public async Task Match_EveryConstruct_AgreesWithRe2()
    {
        Assert.True(Re2Samples.Patterns.Length >= 200);
        await CompareAsync([.. Re2Samples.Patterns.SelectMany(p => Re2Samples.Texts.Select(t => ("M", p, Encoding.UTF8.GetBytes(t), string.Empty)))]);
    }

    [Fact]
    public async Task Match_RandomPatterns_AgreesWithRe2()
    {
        var random = new Random(20_221);
        await CompareAsync(
        [
            .. Enumerable.Range(0, 20_000).Select(_ => Re2Samples.RandomPattern(random))
                .SelectMany(p => Enumerable.Range(0, 4).Select(_ => ("M", p, Re2Samples.RandomText(random), string.Empty))),
        ]);
    }

    [Fact]
    public async Task Replace_EveryConstruct_AgreesWithRe2()
    {
        string[] substitutions = ["<\\0>", "[\\1]", "\\2\\1", "-", "\\\\", ""];
        var random = new Random(7);
        await CompareAsync(
        [
            .. Re2Samples.Patterns.Concat(Enumerable.Range(0, 5_000).Select(_ => Re2Samples.RandomPattern(random)))
                .SelectMany(p => Enumerable.Range(0, 6).Select(i => ("R", p, i < 3 ? Re2Samples.RandomText(random) : Encoding.UTF8.GetBytes(Re2Samples.Texts[random.Next(Re2Samples.Texts.Length)]), substitutions[random.Next(substitutions.Length)]))),
        ]);
    }

    public void Dispose() => Directory.Delete(_folder, true);

    private async Task CompareAsync((string Kind, string Pattern, byte[] Text, string Substitution)[] questions)
    {
        string? oracle = Re2Oracle.Build(_folder, out string why);
        Assert.SkipWhen(oracle is null, why);
        string[] theirs = await Re2Oracle.AskAsync(oracle, questions);
        Assert.Equal(questions.Length, theirs.Length);
        var different = new List<string>();
        for (int i = 0; i < questions.Length && different.Count < 30; i++)
        {
            var (kind, pattern, text, substitution) = questions[i];
            string ours = kind == "M" ? Verdict(pattern, text) : Replaced(pattern, text, substitution);
            if (ours != theirs[i])
            {
                different.Add($"{kind} '{pattern}' on '{Encoding.UTF8.GetString(text)}' ({Convert.ToHexString(text)}) '{substitution}': ours {ours}, RE2 {theirs[i]}");
            }
        }

        Assert.True(different.Count == 0, string.Join('\n', different));
    }

    /// <summary>A pattern and the places of the texts that it matches.</summary>
    private static string Line(string pattern, string[] answers) => System.Text.Json.JsonSerializer.Serialize(pattern) + (answers[0] == "E"
        ? " error"
        : string.Concat(answers.Select((a, i) => a == "1" ? $" {i}" : string.Empty)));

    private static string ThisFile([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

    private static string Verdict(string pattern, byte[] text) =>
        !Re2.TryParse(pattern, out var regex, out _) ? "E" : regex.IsMatch(text) ? "1" : "0";

    private static string Replaced(string pattern, byte[] text, string substitution)
    {
        if (!Re2.TryParse(pattern, out var regex, out _))
        {
            return "E";
        }

        if (regex.CheckSubstitution(substitution) is not null)
        {
            return "S";
        }

        byte[] space = new byte[4096];
        int length = regex.ReplaceAll(text, Encoding.UTF8.GetBytes(substitution), space);
        return "=" + Convert.ToHexString(space.AsSpan(0, length));
    }
}
