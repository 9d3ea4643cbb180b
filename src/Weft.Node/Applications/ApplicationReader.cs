using System.Text.RegularExpressions;
using Weft.Node.Agent;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Weft.Node.Applications;

/// <summary>Reads weft.yaml and checks all of it before anything starts.</summary>
public static partial class ApplicationReader
{
    private const int ReplicasMax = 100;
    private const long FileBytesMax = 1 << 20;

    /// <exception cref="ApplicationFileException">With file, line, field and cure.</exception>
    public static ApplicationFile Read(string path)
    {
        string full = Path.GetFullPath(path);
        string text;
        try
        {
            if (new FileInfo(full).Length > FileBytesMax) { throw new ApplicationFileException(path, 0, "", $"is larger than {FileBytesMax >> 20} MiB", "Is it the right file?"); }
            text = File.ReadAllText(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ApplicationFileException(path, 0, "", e is FileNotFoundException ? "is not there" : e.Message, "Name the application's file with -f, or make a weft.yaml here.");
        }

        return Parse(path, Path.GetDirectoryName(full) ?? "/", text);
    }

    internal static ApplicationFile Parse(string path, string directory, string text)
    {
        var yaml = new YamlStream();
        try
        {
            using var reader = new StringReader(text);
            yaml.Load(reader);
        }
        catch (YamlException e)
        {
            throw new ApplicationFileException(path, (int)e.Start.Line, "", $"is not YAML: {e.Message}", "Look at the indentation and the colons of that line.");
        }

        YamlNode? root = yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
        var file = new YamlField(path, "", root);
        if (root is not YamlMappingNode) { throw new ApplicationFileException(path, 1, "", "holds no application", "Begin with `services:`; samples/bookinfo/weft.yaml is an example."); }
        file.AllowOnly("name", "namespace", "services", "images", "apply", "gateway", "publish", "open");
        string name = Label(file["name"], NameFrom(Path.GetFileName(directory)));
        var application = new ApplicationFile(path, name, Label(file["namespace"], "default"))
        {
            Services = [.. file["services"].Entries().Select(s => Service(s, directory))],
            Images = file["images"].Entries().ToDictionary(i => i.LastName.Replace('\u2024', '.'), i => Image(i, directory), StringComparer.Ordinal),
            Apply = [.. file["apply"].Items().Select(a => Existing(a, directory))],
            Publish = [.. file["publish"].Items().Select(Published)],
            OpenPath = file["open"].Text("/"),
        };
        if (application.Services.Count + application.Images.Count == 0) { throw file.Wrong("has neither services nor images", "Name what is to run under `services:`, or the commands of images under `images:`."); }
        return Gateway(file["gateway"]) is { } ports ? application with { GatewayPorts = ports } : application;
    }

    private static ApplicationService Service(YamlField field, string directory)
    {
        if (!LabelForm().IsMatch(field.LastName)) { throw field.Wrong($"'{field.LastName}' cannot be a service's name", "Use lower-case letters, digits and '-', at most 63 of them."); }
        field.AllowOnly("port", "ports", "serviceAccount", "labels", "replicas", "command", "workingDirectory", "environment", "hostPorts", "versions");
        List<ServicePort> ports = field["ports"].IsMissing ? [] : [.. field["ports"].Items().Select(Port)];
        if (!field["port"].IsMissing) { ports.Insert(0, Port(field["port"])); }
        ServiceVersion[] versions = field["versions"].IsMissing
            ? [Version(field, field, "v1", directory)]
            : [.. field["versions"].Entries().Select(v =>
            {
                v.AllowOnly("command", "workingDirectory", "environment", "hostPorts", "replicas", "serviceAccount", "labels");
                return Version(field, v, v.LastName, directory);
            })];
        return new ApplicationService(field.LastName, ports, versions);
    }

    /// <summary>What a version does not say, its service says.</summary>
    private static ServiceVersion Version(YamlField service, YamlField version, string name, string directory)
    {
        YamlField Either(string field) => version[field].IsMissing ? service[field] : version[field];
        Dictionary<string, string> environment = service["environment"].Map();
        foreach ((string key, string value) in version["environment"].Map()) { environment[key] = value; }
        Dictionary<string, string> labels = service["labels"].Map();
        foreach ((string key, string value) in version["labels"].Map()) { labels[key] = value; }
        return new ServiceVersion(name, Program(version, Either, environment, directory))
        {
            Replicas = Either("replicas").Number(1, 0, ReplicasMax),
            ServiceAccount = Either("serviceAccount").IsMissing ? null : Label(Either("serviceAccount"), ""),
            Labels = labels,
        };
    }

    private static LocalProgram Image(YamlField field, string directory)
    {
        if (!field.IsMap) { return Program(field, _ => field, [], directory, bare: true); }
        field.AllowOnly("command", "workingDirectory", "environment", "hostPorts");
        YamlField Of(string name) => field[name];
        return Program(field, Of, field["environment"].Map(), directory);
    }

    private static LocalProgram Program(YamlField owner, Func<string, YamlField> of, Dictionary<string, string> environment, string directory, bool bare = false)
    {
        YamlField command = of("command");
        string[] words = command.IsList ? [.. command.Items().Select(i => i.Text())] : [.. Words(command.Text())];
        if (words.Length == 0) { throw owner.Wrong("has no command", "Add `command: [program, argument, …]`."); }
        string at = bare || of("workingDirectory").IsMissing ? directory : Existing(of("workingDirectory"), directory);

        // A path is meant from where the command runs; a bare name is looked up in PATH.
        if (words[0].Contains('/'))
        {
            words[0] = Path.GetFullPath(Path.Combine(at, words[0]));
            if (!File.Exists(words[0])) { throw command.Wrong($"{words[0]} is not there", "Build it, or correct the path (it is read from workingDirectory)."); }
        }

        return new LocalProgram(words)
        {
            WorkingDirectory = at,
            Environment = environment,
            HostPorts = bare ? [] : [.. of("hostPorts").Items().Select(p => p.Number(0, 1, 65535))],
        };
    }

    private static ServicePort Port(YamlField field)
    {
        string text = field.Text();
        int colon = text.IndexOf(':');
        string protocol = colon < 0 ? "http" : text[..colon];
        if (!int.TryParse(text[(colon + 1)..], out int number) || number is < 1 or > 65535 || !LabelForm().IsMatch(protocol))
        {
            throw field.Wrong($"'{text}' is not a port", "Write 9080, or with its protocol grpc:9080 (http, http2, grpc, tcp, mongo, …).");
        }

        return new ServicePort(number, protocol);
    }

    private static PublishedPort Published(YamlField field) =>
        PublishedPort.TryParse(field.Text()) ?? throw field.Wrong($"'{field.Text()}' does not name a port to publish", "Write HOSTPORT:SERVICE:PORT, as in 5000:reviews:9080.");

    private static Dictionary<int, int>? Gateway(YamlField field)
    {
        if (field.IsMissing) { return null; }
        field.AllowOnly("ports");
        var ports = new Dictionary<int, int>();
        foreach (YamlField entry in field["ports"].Entries())
        {
            if (!int.TryParse(entry.LastName, out int port)) { throw entry.Wrong($"'{entry.LastName}' is not a gateway's port", "Write `80: 8080`: the gateway's port, then the one of this machine."); }
            ports[port] = entry.Number(0, 1, 65535);
        }

        return ports;
    }

    private static string Existing(YamlField field, string directory)
    {
        string path = Path.GetFullPath(Path.Combine(directory, field.Text()));
        return Path.Exists(path) ? path : throw field.Wrong($"{path} is not there", "Correct the path; it is read from the file's own directory.");
    }

    // A directory may be called anything.
    private static string NameFrom(string directory)
    {
        string name = UnfitForm().Replace(directory.ToLowerInvariant(), "-").Trim('-');
        return name.Length is > 0 and <= 63 ? name : "application";
    }

    private static string Label(YamlField field, string otherwise)
    {
        string text = field.Text(otherwise);
        return LabelForm().IsMatch(text) ? text : throw field.Wrong($"'{text}' cannot be a name", "Use lower-case letters, digits and '-', at most 63 of them.");
    }

    // Blanks separate, quotes keep together; nothing is expanded: there is no shell.
    private static IEnumerable<string> Words(string line) => WordForm().Matches(line).Select(m => m.Groups["q"].Success ? m.Groups["q"].Value : m.Value);

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex LabelForm();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex UnfitForm();

    [GeneratedRegex("""["'](?<q>[^"']*)["']|\S+""")]
    private static partial Regex WordForm();
}
