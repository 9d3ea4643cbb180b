using Weft.Cli.Frame;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Resources;
using Weft.Resources.Schemas;

namespace Weft.Cli.Resources;

/// <summary>One resource of the files given, with its kind.</summary>
internal sealed record Manifest(Resource Resource, ResourceType Type)
{
    public string Version => Resource.ApiVersion[(Resource.ApiVersion.IndexOf('/') + 1)..];

    public string Path => ResourcePath.Item(Type, Version, Resource.Namespace, Resource.Name);

    /// <summary>What kubectl calls it: virtualservice.networking.istio.io/reviews.</summary>
    public string Display => $"{Type.Singular}{(Type.Group.Length == 0 ? "" : "." + Type.Group)}/{Resource.Name}";
}

/// <summary>The resources of files, directories or standard input, all of them checked before the control plane hears of the first.</summary>
internal sealed class ManifestSet
{
    private readonly SourceIndex _sources;

    private ManifestSet(IReadOnlyList<Manifest> manifests, SourceIndex sources)
    {
        All = manifests;
        _sources = sources;
    }

    /// <summary>In the order in which they can be created: what others live in first.</summary>
    public IReadOnlyList<Manifest> All { get; }

    /// <summary>Throws <see cref="CommandException"/> with every problem found: file, line, field and cure of each.</summary>
    public static async Task<ManifestSet> ReadAsync(CommandContext context, string[] paths, KindDirectory kinds, bool checkFields, CancellationToken ct)
    {
        await using Stream input = Console.OpenStandardInput();
        ReadResult read = ResourceReader.ReadPaths(paths, input, context.Namespace);
        List<string> problems = [.. read.Problems.Where(p => p.Level == ProblemLevel.Error).Select(Line)];
        List<Manifest> manifests = [];
        foreach (Resource resource in read.Resources)
        {
            if (await kinds.OfManifestAsync(resource, ct) is not { } type)
            {
                string path = ResourceCatalog.BuiltIn.Find(resource.Group, resource.Kind) is null ? "kind" : "apiVersion";
                problems.Add(Line(read.Sources, resource, path, $"unknown kind {resource.Kind} in version {resource.ApiVersion}", KindDirectory.Cure(resource)));
                continue;
            }

            manifests.Add(new Manifest(resource, type));
            if (checkFields && ResourceCatalog.BuiltIn.Find(type.Group, type.Kind) is not null)
            {
                problems.AddRange(SchemaCheck.Run(resource.Json, ResourceCatalog.BuiltIn.Schema(type))
                    .Select(p => Line(read.Sources, resource, p.Path, $"{p.Path}: {p.Message}", p.Cure)));
            }
        }

        if (problems.Count > 0)
        {
            string rest = problems.Count == 1 ? "" : $" ({problems.Count} problems)";
            throw CommandException.BadInput(string.Join("\n  ", problems), $"Nothing was applied{rest}.");
        }

        return manifests.Count > 0
            ? new ManifestSet([.. manifests.OrderBy(Rank)], read.Sources)
            : throw CommandException.BadInput($"There is no resource in {string.Join(", ", paths)}.", "Name a file or directory with .yaml, .yml or .json files.");
    }

    /// <summary>What the control plane said of one resource, with the place it was written at.</summary>
    public string Explain(Manifest manifest, string field, string message) => Line(_sources, manifest.Resource, field, message, "");

    private static int Rank(Manifest manifest) => manifest.Type switch
    {
        { Kind: "Namespace", Group: "" } => 0,
        { Kind: "CustomResourceDefinition" } => 1,
        { Kind: "ServiceAccount" or "Secret" or "ConfigMap", Group: "" } => 2,
        { Kind: "Service", Group: "" } => 3,
        _ => 4,
    };

    private static string Line(SourceIndex sources, Resource resource, string path, string message, string cure)
    {
        Problem located = sources.Locate(new Problem("", ProblemLevel.Error, resource.Key, path, message, cure) { Source = resource.Source });
        return $"{Place(located)} {resource.Key}: {message}{(cure.Length == 0 ? "" : $"; {cure}")}";
    }

    private static string Line(Problem problem) => $"{Place(problem)} {problem.Message}. {problem.Cure}";

    private static string Place(Problem problem) => $"{problem.File}:{problem.Line}:";
}
