using System.Collections.Frozen;
using System.Reflection;
using Weft.Resources.Schemas;

namespace Weft.Resources;

/// <summary>Every kind that the mesh knows, with its shape. Immutable, for any thread.</summary>
public sealed class ResourceCatalog
{
    private static readonly Lazy<ResourceCatalog> Embedded = new(ReadEmbedded);

    private readonly FrozenDictionary<(string Group, string Kind), Entry> _byKind;
    private readonly FrozenDictionary<(string Group, string Plural), Entry> _byPlural;

    private ResourceCatalog(IReadOnlyList<Entry> entries)
    {
        Types = [.. entries.Select(e => e.Type)];
        _byKind = entries.ToFrozenDictionary(e => (e.Type.Group, e.Type.Kind));
        _byPlural = entries.ToFrozenDictionary(e => (e.Type.Group, e.Type.Plural));
    }

    /// <summary>The kinds that come with Weft.</summary>
    public static ResourceCatalog BuiltIn => Embedded.Value;

    public IReadOnlyList<ResourceType> Types { get; }

    public ResourceType? Find(string group, string kind) => _byKind.GetValueOrDefault((group, kind))?.Type;

    public ResourceType? FindPlural(string group, string plural) => _byPlural.GetValueOrDefault((group, plural))?.Type;

    /// <summary>By apiVersion and kind as a manifest writes them; null when either is unknown.</summary>
    public ResourceType? FindApiVersion(string apiVersion, string kind)
    {
        int slash = apiVersion.IndexOf('/');
        ResourceType? type = Find(slash < 0 ? "" : apiVersion[..slash], kind);
        return type is not null && type.Versions.Contains(apiVersion[(slash + 1)..], StringComparer.Ordinal) ? type : null;
    }

    /// <summary>By what a person types: kind, plural, singular or short name, with ".group" after it when two groups share a name.</summary>
    public ResourceType? FindName(string name)
    {
        int dot = name.IndexOf('.');
        string word = (dot < 0 ? name : name[..dot]).ToLowerInvariant();
        string group = dot < 0 ? "" : name[(dot + 1)..];
        return Types.FirstOrDefault(t =>
            (dot < 0 || t.Group == group || t.Versions.Any(v => group == $"{v}.{t.Group}"))
            && (t.Plural == word || t.Singular == word || t.ShortNames.Contains(word) || t.Kind.Equals(word, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>The whole object, apiVersion, kind and metadata included.</summary>
    public SchemaNode Schema(ResourceType type) => _byKind[(type.Group, type.Kind)].Schema;

    /// <summary>These kinds and <paramref name="more"/>; a kind that is there already keeps its own shape.</summary>
    public ResourceCatalog With(IEnumerable<(ResourceType Type, SchemaNode Schema)> more) =>
        new([.. Types.Select(t => new Entry(t, Schema(t))), .. more.Where(m => Find(m.Type.Group, m.Type.Kind) is null && FindPlural(m.Type.Group, m.Type.Plural) is null)
            .DistinctBy(m => (m.Type.Group, m.Type.Kind)).DistinctBy(m => (m.Type.Group, m.Type.Plural)).Select(m => new Entry(m.Type, Whole(m.Schema, Metadata)))]);

    private SchemaNode Metadata => _byKind[("", "Pod")].Schema.Child("metadata")!;

    private static ResourceCatalog ReadEmbedded()
    {
        Assembly own = typeof(ResourceCatalog).Assembly;
        List<(ResourceType Type, SchemaNode Schema)> read = [];
        foreach (string file in own.GetManifestResourceNames().Where(n => n.EndsWith(".schema", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using StreamReader reader = new(own.GetManifestResourceStream(file)!);
            read.AddRange(SchemaText.Read(Path.GetFileNameWithoutExtension(file), reader));
        }

        // ObjectMeta is written once, in a kind that is not served.
        SchemaNode metadata = read.Single(r => r.Type.Kind == "ObjectMeta").Schema.Child("metadata")!;
        return new ResourceCatalog([.. read.Where(r => r.Type.Kind != "ObjectMeta").Select(r => new Entry(r.Type, Whole(r.Schema, metadata)))]);
    }

    private static SchemaNode Whole(SchemaNode own, SchemaNode metadata) => own with
    {
        Fields =
        [
            new SchemaField("apiVersion", new SchemaNode(SchemaType.String), false),
            new SchemaField("kind", new SchemaNode(SchemaType.String), false),
            new SchemaField("metadata", metadata, false),
            .. own.Fields.Where(f => f.Name is not ("apiVersion" or "kind" or "metadata")),
        ],
    };

    private sealed record Entry(ResourceType Type, SchemaNode Schema);
}
