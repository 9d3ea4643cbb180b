using System.Globalization;
using Weft.Bench.Measure;
using Weft.Bench.Micro;
using Weft.Bench.Report;
using Weft.Bench.Scale;
using Weft.Bench.Scenarios;

namespace Weft.Bench;

/// <summary>The command line of ./bench: chooses scenarios, runs them with their peers in turn, prints and writes what was measured.</summary>
internal static class BenchCommand
{
    private const int ExitDone = 0;
    private const int ExitFailed = 1;
    private const int ExitUsage = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        if (!BenchOptions.TryParse(args, out BenchOptions? options, out string problem))
        {
            await Console.Error.WriteLineAsync($"./bench: {problem}\n\n{BenchOptions.Usage}");
            return ExitUsage;
        }

        if (options.Help)
        {
            Console.WriteLine(BenchOptions.Usage);
            return ExitDone;
        }

        if (options.List)
        {
            ScenarioCatalog.All.ToList().ForEach(s => Console.WriteLine($"{s.Name,-22} {s.Describes}"));
            return ExitDone;
        }

        var results = new List<Run>();
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
        try
        {
            foreach (Scenario scenario in options.Scenarios)
            {
                results.AddRange(scenario switch
                {
                    { IsMicro: true } => new MicroRunner(options).Run(scenario, stop.Token),
                    { Services: > 0 } => await new ScaleRunner(options).RunAsync(scenario, stop.Token),
                    _ => await new ScenarioRunner(options).RunAsync(scenario, stop.Token),
                });
            }
        }
        catch (BenchException e)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"./bench: {e.Message}"));
            return ExitFailed;
        }
        catch (OperationCanceledException)
        {
            return ExitFailed;
        }

        IReadOnlyList<Ratio> ratios = Ratios.Of(results);
        TableReport.Print(results, ratios);
        if (options.JsonFile is { } file)
        {
            await JsonReport.WriteAsync(file, results, ratios);
        }

        if (options.PageFile is { } page)
        {
            await PageReport.WriteAsync(page, options, results, ratios);
        }

        return results.Exists(r => r.Errors > 0) ? ExitFailed : ExitDone;
    }
}

/// <summary>A run that could not be made; the message ends with the cure.</summary>
internal sealed class BenchException(string message) : Exception(message);
