using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Weft.Bench.Scenarios;

namespace Weft.Bench;

internal sealed record BenchOptions
{
    public const string Usage = """
        Usage: ./bench SCENARIO… [--seconds N] [--rounds N] [--rate RPS] [--connections N] [--contenders a,b] [--json FILE]
               ./bench all [OPTIONS]
               ./bench --list

          --seconds N        length of each measured run (default 5)
          --rounds N         how often every contender runs, in turn (default 5)
          --rate RPS         requests per second, open loop; 0 sends as fast as answers come (default: the scenario's)
          --connections N    connections of the client (default: the scenario's)
          --contenders a,b   only these (weft is compared with the others)
          --json FILE        everything that was measured, for scripts
          --page FILE        writes table and picture into a page, behind its line "<!-- measured -->"

        Examples:
          ./bench http1-one-hop
          ./bench http1-one-hop http1-two-hop-mtls --rounds 7 --json result.json
          ./bench all --page docs/benchmarks.md
        """;

    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    public double Seconds { get; init; } = 5;

    public int Rounds { get; init; } = 5;

    public int? Rate { get; init; }

    public int? Connections { get; init; }

    public IReadOnlySet<string>? Contenders { get; init; }

    public string? JsonFile { get; init; }

    public string? PageFile { get; init; }

    public bool List { get; init; }

    public bool Help { get; init; }

    public static bool TryParse(string[] args, [NotNullWhen(true)] out BenchOptions? options, out string problem)
    {
        options = null;
        problem = "";
        var scenarios = new List<Scenario>();
        var found = new BenchOptions { Scenarios = scenarios };
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            if (name is "--list" or "--help" or "-h")
            {
                found = name == "--list" ? found with { List = true } : found with { Help = true };
                continue;
            }

            if (!name.StartsWith('-'))
            {
                if (name == "all")
                {
                    scenarios.AddRange(ScenarioCatalog.All);
                    continue;
                }

                if (ScenarioCatalog.All.FirstOrDefault(s => s.Name == name) is not { } scenario)
                {
                    problem = $"no scenario '{name}'; ./bench --list names them";
                    return false;
                }

                scenarios.Add(scenario);
                continue;
            }

            if (i + 1 == args.Length || !found.TryWith(name, args[++i], out found))
            {
                problem = $"'{name}' is not an option, or its value is missing or out of range";
                return false;
            }
        }

        if (scenarios.Count == 0 && !found.List && !found.Help)
        {
            problem = "name at least one scenario; ./bench --list names them";
            return false;
        }

        options = found;
        return true;
    }

    private bool TryWith(string name, string value, out BenchOptions next)
    {
        bool isNumber = double.TryParse(value, CultureInfo.InvariantCulture, out double number) && number >= 0;
        BenchOptions? changed = name switch
        {
            "--seconds" when isNumber && number is >= 0.5 and <= 600 => this with { Seconds = number },
            "--rounds" when isNumber && number is >= 1 and <= 100 => this with { Rounds = (int)number },
            "--rate" when isNumber && number <= 1e6 => this with { Rate = (int)number },
            "--connections" when isNumber && number is >= 1 and <= 10_000 => this with { Connections = (int)number },
            "--contenders" => this with { Contenders = value.Split(',').ToHashSet(StringComparer.Ordinal) },
            "--json" => this with { JsonFile = value },
            "--page" => this with { PageFile = value },
            _ => null,
        };
        next = changed ?? this;
        return changed is not null;
    }
}
