using System.Text;
using Weft.Primitives;
using Weft.Unit.Shape;

namespace Weft.Unit.Primitives;

public sealed class FaultTableTests
{
    private static readonly string File = Path.Combine(RepositoryRoot.Path, "docs", "faults.md");

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    [Theory]
    [MemberData(nameof(Faults))]
    public void EveryFault_HasARowThatEndsInASentence(Fault fault)
    {
        FaultInfo info = fault.Info();
        Assert.NotEmpty(info.Name);
        Assert.True(info.Sentence[^1] is '.' or '?');
        Assert.True(info.HttpStatus is 0 or (>= 400 and <= 599));
    }

    [Fact]
    public void Names_AreUnique()
    {
        string[] names = [.. Enum.GetValues<Fault>().Select(f => f.Info().Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    /// <summary>WEFT_UPDATE=1 writes the file.</summary>
    [Fact]
    public void Document_IsWhatTheTableSays()
    {
        string expected = Markdown();
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE") == "1")
        {
            System.IO.File.WriteAllText(File, expected);
        }

        Assert.Equal(expected, System.IO.File.ReadAllText(File));
    }

    private static string Markdown()
    {
        var text = new StringBuilder("""
            # Faults

            What can go wrong with one request or connection. The name stands in the access log and in taps, the flag in metrics (`response_flags`).
            Status 0 closes the connection without an answer. Printed from `src/Weft.Primitives/FaultTable.cs`.

            | fault | HTTP | gRPC | flag | to act | retried | what it means |
            |---|--:|---|---|---|---|---|

            """);
        foreach (FaultInfo f in Enum.GetValues<Fault>().Skip(1).Select(f => f.Info()))
        {
            text.Append($"| `{f.Name}` | {f.HttpStatus} | {f.Grpc} | {f.Flag} | {f.Blame} | {(f.Retriable ? "yes" : "no")} | {f.Sentence} |\n");
        }

        return text.ToString();
    }
}
