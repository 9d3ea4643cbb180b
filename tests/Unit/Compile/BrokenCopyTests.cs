using System.Collections.Concurrent;
using Weft.Cli.Analyze;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Unit.Compile;

/// <summary>Every file of Istio's sample, broken in every way of a table that it has a place for, beside all the others as they are.</summary>
public sealed class BrokenCopyTests
{
    private const string Anywhere = "";
    private const string Networking = "networking/";
    private const string GatewayApi = "gateway-api/";
    private const string Platform = "platform/";

    private static readonly Mutation[] Table =
    [
        new("a tab for indentation", Anywhere, "^metadata:", "\tmetadata:", ["WEFT0002"]),
        new("a bracket left open", Anywhere, "^  name: (.+)$", "  name: [$1", ["WEFT0002"], Above: -3),
        new("a key twice", Anywhere, "^metadata:", "kind: Twice\nmetadata:", ["WEFT0002"]),
        new("no kind", Anywhere, "^kind: .*", "# no kind", ["WEFT0004"], Above: 2),
        new("no name", Anywhere, "^  name: .*", "  nam: x", ["WEFT0004"], Above: 3),
        new("an unknown version", "networking/", "^apiVersion: networking.istio.io/.*", "apiVersion: networking.istio.io/v9", ["WEFT0005"]),
        new("an unknown field", Networking, "^spec:", "specc:", ["IST0106"]),
        new("an unknown field", GatewayApi, "^spec:", "specc:", ["WEFT0101"]),
        new("an unknown field of a workload", Platform, "^  replicas: ", "  replicaz: ", ["WEFT0101"]),
        new("an unknown field of a service", Platform, "^  ports:", "  portz:", ["WEFT0101"]),
        new("an unknown field of an ingress", "bookinfo-ingress", "^  rules:", "  rulez:", ["WEFT0101"]),
        new("a word for a number", Networking, "number: [0-9]+", "number: eighty", ["IST0106"]),
        new("a word for a number of a workload", Platform, "^  replicas: 1", "  replicas: one", ["WEFT0102"]),
        new("a list for a number", Platform, "- port: [0-9]+", "- port: [80]", ["WEFT0102"]),
        new("a word for a number of a route", GatewayApi, "port: [0-9]+", "port: eighty", ["WEFT0102"]),
        new("a missing host", Networking, "host: .*", "host: nobody", ["IST0101"]),
        new("a missing subset", Networking, "subset: .*", "subset: nowhere", ["IST0101"]),
        new("a missing port", Networking, "^          number: [0-9]+", "          number: 1", ["IST0101"], Above: 2),
        new("a missing gateway", Networking, "^  - (bookinfo-gateway|cert-manager-gateway)", "  - no-gateway", ["IST0101"]),
        new("a missing backend", GatewayApi, "^    - name: .*", "    - name: nobody", ["WEFT0302", "WEFT0301"]),
        new("a missing parent", GatewayApi, "^  - name: bookinfo-gateway", "  - name: no-gateway", ["WEFT0301"]),
        new("a missing service for a parent", GatewayApi, "^    name: .*", "    name: nobody", ["WEFT0301", "WEFT0302"], Above: 4),
        new("a kind that cannot serve", GatewayApi, "^    kind: Service", "    kind: Servis", ["WEFT0301", "WEFT0304", "WEFT0102"], Above: 4),
        new("weights that are negative", Networking, "weight: ", "weight: -", ["IST0106"]),
        new("weights that do not add up", Networking, "weight: [0-9]+", "weight: 33", ["WEFT0308"], Last: true),
        new("an expression that is none", Networking, "^( +)(exact|prefix): .*", "${1}regex: \"(\"", ["IST0122"]),
        new("an operator that is unknown", Networking, "^( +)(exact|prefix): ", "${1}exakt: ", ["IST0106"]),
        new("a duration without a unit", Networking, "fixedDelay: .*", "fixedDelay: soon", ["IST0106"]),
        new("a status that is none", Networking, "httpStatus: .*", "httpStatus: 9999", ["IST0106"]),
        new("a percentage over 100", Networking, "value: 100", "value: 1000", ["IST0106"]),
        new("a protocol that is unknown", "gateway.yaml", "protocol: HTTP$", "protocol: HTTQ", ["IST0106", "WEFT0102", "WEFT0202"]),
        new("a resolution that is unknown", Networking, "resolution: DNS", "resolution: DSN", ["IST0106"]),
        new("a TLS mode that is unknown", Networking, "mode: [A-Z_]+", "mode: NEVER", ["IST0106"]),
        new("a balancer that is unknown", Networking, "simple: [A-Z_]+", "simple: WHATEVER", ["IST0106"]),
        new("a port name that says nothing", Platform, "^    name: http$", "    name: web", ["IST0118"], Above: 1),
        new("a class that nobody serves", GatewayApi, "gatewayClassName: .*", "gatewayClassName: nobody", ["WEFT0306"]),
    ];

    public static TheoryData<Mutation> Mutations() => [.. Table];

    [Theory]
    [MemberData(nameof(Mutations))]
    public void Bookinfo_FileBrokenByOneLine_IsFoundAtThatLine(Mutation mutation)
    {
        string root = BookinfoData.Root();
        int tried = 0;
        foreach (string file in Files(root).Where(f => f.Contains(mutation.Files, StringComparison.Ordinal)))
        {
            if (mutation.Apply(File.ReadAllLines(file)) is not { } broken)
            {
                continue;
            }
            tried++;
            IReadOnlyList<Problem> problems = Analyze(root, file, broken.Text);
            Assert.True(
                problems.Any(p => mutation.Codes.Contains(p.Code) && p.File == file && p.Cure.Length > 0 && At(p.Line, broken.Line, mutation.Above)),
                $"{file}:{broken.Line} by {mutation.Name}:\n{string.Join('\n', problems.Where(p => p.File == file))}");
        }
        Assert.True(tried > 0, $"No file has a place for {mutation.Name}.");
    }

    [Fact]
    public void Bookinfo_EveryFile_CanBeBrokenInSeveralWays()
    {
        foreach (string file in Files(BookinfoData.Root()))
        {
            string[] lines = File.ReadAllLines(file);
            Assert.InRange(Table.Count(m => file.Contains(m.Files, StringComparison.Ordinal) && m.Apply(lines) is not null), 5, Table.Length);
        }
    }

    /// <summary>Alone with the application's own file, as a person applies them.</summary>
    [Fact]
    public void Bookinfo_EachFileWithTheApplication_HasNoError()
    {
        string root = BookinfoData.Root();
        string application = Path.Combine(root, "platform/kube/bookinfo.yaml");
        foreach (string file in Files(root).Where(f => f != application && !f.EndsWith("certmanager-gateway.yaml", StringComparison.Ordinal)))
        {
            IReadOnlyList<Problem> problems = FileAnalysis.Run(ResourceReader.ReadPaths(
                [application, Path.Combine(root, "networking/bookinfo-gateway.yaml"), Path.Combine(root, "networking/destination-rule-all.yaml"), Path.Combine(root, "gateway-api/bookinfo-gateway.yaml"), Path.Combine(root, "platform/kube/bookinfo-versions.yaml"), Path.Combine(root, "platform/kube/bookinfo-db.yaml"), file]));
            Assert.True(problems.All(p => p.Level != ProblemLevel.Error), $"{file}\n{string.Join('\n', problems.Where(p => p.Level == ProblemLevel.Error))}");
        }
    }

    private static bool At(int found, int broken, int above) => above < 0 ? found >= broken && found <= broken - above : found <= broken && found >= broken - above;

    private static IEnumerable<string> Files(string root) => Directory.EnumerateFiles(root, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>The other files are read once: every mutation of every file needs them.</summary>
    private static readonly ConcurrentDictionary<string, IReadOnlyList<Resource>> Good = new(StringComparer.Ordinal);

    private static IReadOnlyList<Problem> Analyze(string root, string brokenFile, string text)
    {
        ReadResult broken = ResourceReader.ReadText(text, brokenFile);
        IEnumerable<Resource> others = Files(root).Where(f => f != brokenFile).SelectMany(f => Good.GetOrAdd(f, static file => ResourceReader.ReadPaths([file]).Resources));
        return FileAnalysis.Run(new ReadResult([.. others, .. broken.Resources], broken.Problems, broken.Sources));
    }
}
