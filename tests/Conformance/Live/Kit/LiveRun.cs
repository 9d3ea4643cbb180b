using System.Net;
using System.Text.Json.Nodes;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Conformance.Explain;
using Weft.Conformance.GatewayApi.Kit;
using Weft.Model.V1;

namespace Weft.Conformance.Live.Kit;

/// <summary>One row with its processes' worth of proxies: client, calling proxy, called proxies, applications.</summary>
internal sealed class LiveRun : IDisposable
{
    private readonly LiveServers _servers;
    private readonly LiveCaller _caller;
    private LiveClient? _client;
    private int _sent;

    private LiveRun(LiveWorld world, CompiledMesh mesh, ExplainCaller caller, JsonObject answer, ExplainRequest request)
    {
        World = world;
        Mesh = mesh;
        Scope = caller.Scope;
        Locality = mesh.Workload(caller.Workload)?.Locality ?? "";
        Answer = answer;
        Request = request;
        bool isTlsEnded = (string?)answer["listener"]?["tls"]?["mode"] is { } mode && !mode.EndsWith("assthrough", StringComparison.Ordinal);
        _servers = new LiveServers(world, mesh, IsOpaque && isTlsEnded ? "tcp" : Protocol);
        _caller = new LiveCaller(world, mesh, caller, _servers) 
        {
            OutsideHost = Outcome == "passthrough" ? request.Host : "",
            DialsTarget = Outcome == "passthrough" || (string?)answer["balancer"] == "passthrough",
        };
    }

    public LiveWorld World { get; }

    public CompiledMesh Mesh { get; }

    public ClientScope Scope { get; }

    /// <summary>Where the caller is; empty when nobody says.</summary>
    public string Locality { get; }

    /// <summary>What `weft explain` says of the row, all of it.</summary>
    public JsonObject Answer { get; }

    public ExplainRequest Request { get; }

    public string Outcome => (string?)Answer["outcome"] ?? "";

    public string Protocol => (string?)Answer["protocol"] ?? "http";

    public bool IsOpaque => Protocol is "tcp" or "tls";

    public IPEndPoint Entry { get; private set; } = new(IPAddress.None, 0);

    /// <summary>The port of <see cref="Entry"/> as configuration names it; 0 where the caller is no gateway.</summary>
    public int WrittenPort => _caller.WrittenPort(Entry.Port);

    public Sightings Sightings => World.Backends.Sightings;

    public static async Task<LiveRun> StartAsync(LiveWorld world, ExplainCase row)
    {
        CompiledMesh mesh = row.Compile();
        ExplainCaller caller = ExplainCaller.Find(mesh, row.Request) ?? throw new InvalidOperationException("no such gateway");
        JsonObject answer = JsonNode.Parse(new Explainer(mesh).Explain(row.Request)!.ToJson().ToJsonString())!.AsObject(); // it found the caller
        var run = new LiveRun(world, mesh, caller, answer, row.Request);
        try
        {
            await run._caller.StartAsync();
            run.Entry = await run._caller.EntryAsync(row.Request, run.Protocol);
            string[] names = [.. (answer["listener"]?["tls"]?["subjectAltNames"] as JsonArray ?? []).Select(n => n!.ToString())];
            run._client = new LiveClient(run.Entry, row.Request, world.Tokens, world.Authority.Certificate([.. names, "spiffe://cluster.local/ns/default/sa/client"]));
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>One request of the row; what came back and what applications saw of it.</summary>
    public async Task<(LiveAnswer Answer, Sighting[] Seen, string Id)> SendAsync(params IEnumerable<(string Name, string Value)> more)
    {
        string id = NextId();
        LiveAnswer answer = await _client!.SendAsync(id, more); // StartAsync has made it
        return (answer, Sightings.Of(id), id);
    }

    /// <summary>A request that stays with its application until the run ends; returns once it is there.</summary>
    public async Task HoldAsync()
    {
        string id = NextId();
        _ = _client!.SendAsync(id, [(LiveBackends.HoldHeader, "1")]); // as above
        await Sightings.AwaitAsync(id, static _ => true);
    }

    /// <summary>Who answers on a connection that nobody looks into; what went wrong begins with '!'.</summary>
    public async Task<string> AskOpaqueAsync()
    {
        try
        {
            string? name = Protocol == "tls" ? Request.Sni.Length > 0 ? Request.Sni : Request.Host : null;
            return (await TcpProbe.AskAsync(Entry, name, CancellationToken.None)).Pod;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException)
        {
            return $"! {e.Message}";
        }
    }

    /// <summary>The endpoints of one destination as explain names it, as the compiler has them, and where their applications are.</summary>
    public (Endpoint Endpoint, string Place)[] EndpointsOf(JsonNode destination) =>
        [.. (Mesh.EndpointSet(NameOf(destination), Scope)?.Endpoints ?? []).Where(e => !e.Draining).Select(e => (e, _servers.AppPlaceOf(e)))];

    /// <summary>The last endpoint of a destination is new from now on.</summary>
    public void Rejoin(JsonNode destination) => _caller.Rejoin(NameOf(destination));

    /// <summary>Requests to that place are sent on by a gateway, so that another place sees them.</summary>
    public bool IsGateway(string place) => _servers.GatewayPlaces.Contains(place);

    /// <summary>The places of one destination or mirror as explain names it.</summary>
    public string[] PlacesOf(JsonNode destination)
    {
        string name = NameOf(destination);
        return Mesh.Cluster(name, Scope) is not { } cluster ? []
            : cluster.Discovery is Cluster.Types.Discovery.Dns or Cluster.Types.Discovery.LogicalDns ? [.. cluster.Dns.Select(d => LiveServers.PlaceOf(d.Host, d.Port))]
            : [.. EndpointsOf(destination).Select(e => e.Place)];
    }

    public void Dispose()
    {
        _client?.Dispose();
        _caller.Dispose();
        _servers.Dispose();
    }

    private static string NameOf(JsonNode destination) =>
        $"{destination["service"]}:{destination["port"]}{((string?)destination["subset"] is { Length: > 0 } subset ? $"|{subset}" : "")}";

    private string NextId() => $"{GetHashCode()}-{Interlocked.Increment(ref _sent)}";
}
