using System.CommandLine;
using Weft.Cli.Analyze;
using Weft.Cli.Frame;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;

namespace Weft.Cli.Commands;

/// <summary>`weft analyze`: problems in configuration, before it is applied.</summary>
internal static class AnalyzeCommand
{
    private static readonly Option<string[]> Files = new("--filename", "-f") { Description = "files or directories; - is standard input", HelpName = "FILE|DIR", AllowMultipleArgumentsPerToken = true, Required = true };

    public static Command Create()
    {
        WeftCommand command = new("analyze", "Find problems in configuration before it is applied",
            ("one file", "weft analyze -f route.yaml"),
            ("everything below a directory", "weft analyze -f deploy/"));
        command.Options.Add(Files);
        return command.Runs(RunAsync);
    }

    private static Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        using Stream input = Console.OpenStandardInput();
        ReadResult read = ResourceReader.ReadPaths(context.Value(Files) ?? [], input, context.Namespace);
        IReadOnlyList<Problem> problems = FileAnalysis.Run(read);
        context.Output.Write(FileAnalysis.ToJson(problems), output => Text(output, problems, read.Resources.Count));
        // A file that cannot be read is a bad input; one that can be and is wrong is the answer "no".
        int bad = read.IsGood ? ExitCode.No : ExitCode.BadInput;
        return Task.FromResult(problems.Any(p => p.Level == ProblemLevel.Error) ? bad : ExitCode.Done);
    }

    private static void Text(CommandOutput output, IReadOnlyList<Problem> problems, int resources)
    {
        foreach (Problem problem in problems)
        {
            string place = problem.File.Length > 0 ? $"{problem.File}:{problem.Line}" : "";
            string resource = problem.Resource.Kind.Length > 0 ? $"({problem.Resource}{(place.Length > 0 ? " " + place : "")})" : place;
            output.Line($"{problem.Level} [{problem.Code}] {resource} {problem.Message}");
            if (problem.Cure.Length > 0)
            {
                output.Line($"    {problem.Cure}");
            }
        }
        output.Line(problems.Count == 0 ? $"No problems in {resources} resources." : $"{problems.Count} problems in {resources} resources.");
    }
}
