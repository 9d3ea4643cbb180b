using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Dialects.Problems;
using Weft.Resources;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Weft.Dialects.Reading;

/// <summary>
/// Reads resources from YAML or JSON text, files, directories and standard input ("-"). It collects problems and goes on
/// with the next file; within a file, YAML syntax errors end it. One per command; not thread-safe.
/// </summary>
public sealed class ResourceReader(ReadLimits limits)
{
    private readonly List<Resource> _resources = [];
    private readonly List<Problem> _problems = [];
    private readonly SourceIndex _sources = new();

    public ResourceReader()
        : this(ReadLimits.Default)
    {
    }

    /// <summary>The namespace of resources that name none and whose kind has one; empty leaves them as written.</summary>
    public string DefaultNamespace { get; init; } = "default";

    public ReadResult Result => new([.. _resources], [.. _problems], _sources);

    public static ReadResult ReadText(string text, string file = "input.yaml")
    {
        ResourceReader reader = new();
        reader.AddText(text, file);
        return reader.Result;
    }

    /// <summary>Files, directories (below them every .yaml, .yml and .json, in order of names), or "-" for <paramref name="standardInput"/>.</summary>
    public static ReadResult ReadPaths(IEnumerable<string> paths, Stream? standardInput = null, string defaultNamespace = "default")
    {
        ResourceReader reader = new() { DefaultNamespace = defaultNamespace };
        foreach (string path in paths)
        {
            reader.AddPath(path, standardInput);
        }
        return reader.Result;
    }

    /// <summary>One value written in YAML or JSON inside a resource, such as MeshConfig in a ConfigMap.</summary>
    public static bool TryReadValue(string text, out JsonNode? value)
    {
        value = null;
        try
        {
            using StringReader reader = new(text);
            Parser parser = new(reader);
            parser.Consume<StreamStart>();
            if (!parser.Accept<StreamEnd>(out _))
            {
                (value, _) = new YamlTree(parser, ReadLimits.Default).ReadDocument();
            }
            return true;
        }
        catch (Exception e) when (e is YamlException or DocumentException)
        {
            return false;
        }
    }

    public void AddPath(string path, Stream? standardInput = null)
    {
        try
        {
            if (path == "-")
            {
                AddStream(standardInput ?? Stream.Null, "stdin");
            }
            else if (Directory.Exists(path))
            {
                AddDirectory(path);
            }
            else
            {
                using FileStream file = File.OpenRead(path);
                AddStream(file, path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem(path, 0, ProblemCodes.Unreadable, e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message, "Check the path and its permissions.");
        }
    }

    /// <param name="text">A byte order mark before it is no part of it.</param>
    public void AddText(string text, string file)
    {
        text = text.TrimStart('\uFEFF');
        int resources = _resources.Count;
        try
        {
            if (text.AsSpan().TrimStart(" \t\r\n").StartsWith("{"))
            {
                AddJson(text, file);
            }
            else
            {
                AddYaml(text, file);
            }
        }
        catch (DocumentException e)
        {
            Problem(file, Within(text, e.Line), e.Code, e.Message, e.Cure);
        }
        catch (YamlException e)
        {
            Problem(file, Within(text, (int)e.End.Line), ProblemCodes.Syntax, Message(e), "Check indentation, quotes and colons on this line and the one before.");
        }
        catch (JsonException e)
        {
            Problem(file, (int)(e.LineNumber ?? 0) + 1, ProblemCodes.Syntax, e.Message.Split(" LineNumber")[0], "Check commas, quotes and brackets.");
        }
        if (_resources.Count - resources > limits.ResourcesMax)
        {
            _resources.RemoveRange(resources + limits.ResourcesMax, _resources.Count - resources - limits.ResourcesMax);
            Problem(file, 0, ProblemCodes.Limit, $"the file holds more than {limits.ResourcesMax} resources", "Split the file.");
        }
    }

    private void AddDirectory(string path)
    {
        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml" or ".json").Take(limits.FilesMax + 1).Order(StringComparer.Ordinal)];
        if (files.Length > limits.FilesMax)
        {
            Problem(path, 0, ProblemCodes.Limit, $"the directory holds more than {limits.FilesMax} files", "Name a smaller directory.");
            return;
        }
        foreach (string file in files)
        {
            AddPath(file);
        }
    }

    private void AddStream(Stream stream, string file)
    {
        byte[] bytes = new byte[Math.Min(limits.FileBytesMax + 1L, stream.CanSeek ? stream.Length + 1 : limits.FileBytesMax + 1L)];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > limits.FileBytesMax)
        {
            Problem(file, 0, ProblemCodes.Limit, $"the file is larger than {limits.FileBytesMax >> 20} MiB", "Split the file.");
            return;
        }
        try
        {
            AddText(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length), file);
        }
        catch (DecoderFallbackException e)
        {
            Problem(file, 0, ProblemCodes.Syntax, $"the file is not UTF-8 text (byte {e.Index})", "Save it as UTF-8.");
        }
    }

    private void AddYaml(string text, string file)
    {
        using StringReader reader = new(text);
        Parser parser = new(reader);
        parser.Consume<StreamStart>();
        YamlTree tree = new(parser, limits);
        while (!parser.TryConsume<StreamEnd>(out _))
        {
            (JsonNode? value, SourceNode source) = tree.ReadDocument();
            Add(value, source, file);
        }
    }

    private void AddJson(string text, string file)
    {
        IReadOnlyList<(JsonNode? Value, SourceNode Source)>? documents = null;
        try
        {
            documents = JsonTree.Read(text, limits);
        }
        catch (JsonException) when (TryReadYaml(text, out documents))
        {
            // YAML may begin with a brace, too: a map in flow style, or JSON documents between "---".
        }
        foreach ((JsonNode? value, SourceNode source) in documents ?? [])
        {
            Add(value, source, file);
        }
    }

    private bool TryReadYaml(string text, out IReadOnlyList<(JsonNode? Value, SourceNode Source)>? documents)
    {
        List<(JsonNode?, SourceNode)> read = [];
        documents = read;
        try
        {
            using StringReader reader = new(text);
            Parser parser = new(reader);
            parser.Consume<StreamStart>();
            YamlTree tree = new(parser, limits);
            while (!parser.TryConsume<StreamEnd>(out _))
            {
                read.Add(tree.ReadDocument());
            }
            return true;
        }
        catch (Exception e) when (e is YamlException or DocumentException)
        {
            return false;
        }
    }

    private void Add(JsonNode? value, SourceNode source, string file)
    {
        if (value is null)
        {
            return; // an empty document, as between two "---"
        }
        if (value is not JsonObject json)
        {
            Problem(file, source.Line, ProblemCodes.NotAResource, "the document is not a resource but a " + (value is JsonArray ? "list" : "single value"), "A resource is a map with apiVersion, kind and metadata.");
            return;
        }
        if (json["items"] is JsonArray items && Text(json["kind"]).EndsWith("List", StringComparison.Ordinal))
        {
            SourceNode at = source.Field("items") ?? source;
            JsonNode?[] all = [.. items];
            items.Clear();
            for (int i = 0; i < all.Length; i++)
            {
                Add(all[i], at.Item(i) ?? at, file);
            }
            return;
        }
        AddResource(json, source, file);
    }

    private void AddResource(JsonObject json, SourceNode source, string file)
    {
        string? missing = Text(json["apiVersion"]).Length == 0 ? "apiVersion" : Text(json["kind"]).Length == 0 ? "kind" : null;
        JsonObject? metadata = json["metadata"] as JsonObject;
        missing ??= Text(metadata?["name"]).Length == 0 && Text(metadata?["generateName"]).Length == 0 ? "metadata.name" : null;
        if (missing is not null)
        {
            Problem(file, source.Nearest(missing).Line, ProblemCodes.NotAResource, $"the resource has no {missing}", $"Add {missing} as text.");
            return;
        }
        if (DefaultNamespace.Length > 0 && metadata!["namespace"] is null && !ClusterScopedKinds.Contains(Text(json["kind"])))
        {
            metadata["namespace"] = DefaultNamespace;
        }
        SourcePosition at = new(file, source.Line, source.Column);
        _sources.Add(at, source);
        _resources.Add(new Resource(json) { Source = at });
    }

    private void Problem(string file, int line, string code, string message, string cure)
    {
        if (_problems.Count < limits.ProblemsMax)
        {
            _problems.Add(new Problem(code, ProblemLevel.Error, new ResourceKey("", "", "", ""), "", message, cure) { File = file, Line = Math.Max(line, 1) });
        }
    }

    /// <summary>A document that ends too early is reported on its last line, not behind it.</summary>
    private static int Within(string text, int line) => Math.Min(line, text.AsSpan().Count('\n') + 1);

    private static string Text(JsonNode? node) => node is JsonValue v && v.TryGetValue(out string? text) ? text : "";

    private static string Message(YamlException e)
    {
        string message = e.InnerException is { } inner && inner.Message.Length > 0 ? inner.Message : e.Message;
        int end = message.IndexOf("): ", StringComparison.Ordinal); // "(Line: 3, Col: 1, Idx: 20) - (Line: …): text"
        return (end >= 0 ? message[(end + 3)..] : message).TrimEnd('.');
    }
}
