using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Model.V1;
using Weft.Resources;
using Weft.Unit.Shape;

namespace Weft.Unit.Compile;

/// <summary>
/// What every file of Istio's sample means, as the proxy of productpage gets it: routes of the four services, the clusters
/// they name, and the gateway's listeners. WEFT_UPDATE=1 writes the expected files; look at the difference before it is kept.
/// </summary>
public sealed class BookinfoGoldenTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly string Expected = Path.Combine(RepositoryRoot.Path, "tests", "Unit", "Compile", "Golden");

    public static TheoryData<string> Files()
    {
        TheoryData<string> files = [];
        foreach (string file in Directory.EnumerateFiles(Expected, "*.json").Order(StringComparer.Ordinal))
        {
            files.Add(Path.GetFileNameWithoutExtension(file).Replace("..", "/", StringComparison.Ordinal));
        }
        return files;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bookinfo_File_CompilesToTheExpectedSchema(string file)
    {
        string root = BookinfoData.Root();
        string path = Path.Combine(Expected, file.Replace("/", "..", StringComparison.Ordinal) + ".json");
        string actual = Compile(root, Path.Combine(root, file + ".yaml"));
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE") == "1")
        {
            File.WriteAllText(path, actual);
        }
        Assert.Equal(File.ReadAllText(path), actual);
    }

    [Fact]
    public void Bookinfo_EveryFile_HasAnExpectation()
    {
        string root = BookinfoData.Root();
        IEnumerable<string> files = new[] { "networking", "gateway-api" }.SelectMany(f => Directory.EnumerateFiles(Path.Combine(root, f), "*.yaml").Select(p => $"{f}/{Path.GetFileNameWithoutExtension(p)}"));
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE") == "1")
        {
            foreach (string file in files)
            {
                File.WriteAllText(Path.Combine(Expected, file.Replace("/", "..", StringComparison.Ordinal) + ".json"), Compile(root, Path.Combine(root, file + ".yaml")));
            }
        }
        Assert.Equal(files.Order(StringComparer.Ordinal), Directory.EnumerateFiles(Expected, "*.json").Select(f => Path.GetFileNameWithoutExtension(f).Replace("..", "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static string Compile(string root, string file)
    {
        ReadResult read = ResourceReader.ReadPaths([Path.Combine(root, "platform/kube/bookinfo.yaml"), Path.Combine(root, "platform/kube/bookinfo-versions.yaml"), Path.Combine(root, "networking/destination-rule-all.yaml"), file]);
        Assert.Empty(read.Problems);
        CompiledMesh mesh = MeshCompiler.Compile(ResourceSnapshot.Of(ExplainInput.WithPods(read.Resources)), CompileOptions.Default);
        ClientScope client = ClientScope.Of(mesh.Snapshot.Find(new ResourceKey("", "Pod", "default", "productpage-v1"))!);
        ClientScope gateway = new("default", new Dictionary<string, string> { ["istio"] = "ingressgateway" }, isGateway: true);
        JsonObject json = [];
        HashSet<string> clusters = new(StringComparer.Ordinal);
        foreach (Frontend frontend in mesh.Frontends(client).Where(f => !f.Name.Contains("-v", StringComparison.Ordinal)))
        {
            json[$"frontend {frontend.Name}"] = Json(frontend);
            foreach (RouteSet set in frontend.Ports.Select(p => mesh.RouteSet(p.RouteSet, client)).OfType<RouteSet>())
            {
                json[$"routes {set.Name}"] = Json(set);
                clusters.UnionWith(Clusters(set));
            }
        }
        foreach (GatewayListener listener in mesh.GatewayListeners(gateway))
        {
            json[$"listener {listener.Name} {listener.Port}"] = Json(listener);
            if (mesh.RouteSet(listener.RouteSet, gateway) is { } set)
            {
                json[$"routes {set.Name}"] = Json(set);
                clusters.UnionWith(Clusters(set));
            }
        }
        foreach (string name in clusters.Order(StringComparer.Ordinal))
        {
            json[$"cluster {name}"] = mesh.Cluster(name, client) is { } cluster ? Json(cluster) : "unknown";
            json[$"endpoints {name}"] = mesh.EndpointSet(name, client) is { } endpoints ? new JsonArray([.. endpoints.Endpoints.Select(e => (JsonNode)$"{e.Workload} {e.Address}:{e.Port} {e.Identity}")]) : null;
        }
        return json.ToJsonString(Indented) + "\n";
    }

    private static IEnumerable<string> Clusters(RouteSet set) =>
        set.VirtualHosts.SelectMany(h => h.Routes).SelectMany(r => r.Forward?.Clusters ?? []).Select(c => c.Cluster);

    private static JsonNode? Json(IMessage message) => JsonNode.Parse(JsonFormatter.Default.Format(message));
}
