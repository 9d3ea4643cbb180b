using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Node.Processes;
using Weft.Primitives;
using Weft.Transport.Processes;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>
/// The proxy beside one echo pod of the mesh tests, in explicit mode: clients speak to it as to an HTTP proxy, and it reaches
/// the pod at the pod's own address. It ends when this process does.
/// </summary>
internal sealed class SuiteSidecar : IAsyncDisposable
{
    private const int OutboundPort = 15001;
    private const string ServiceAccount = "default";
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(2);

    private readonly ChildProcess _process;
    private readonly SafeFileHandle _supervisor;

    private SuiteSidecar(ChildProcess process, SafeFileHandle supervisor, IPEndPoint outbound)
    {
        _process = process;
        _supervisor = supervisor;
        Outbound = outbound;
    }

    /// <summary>Where the application's requests go in.</summary>
    public IPEndPoint Outbound { get; }

    public static async Task<SuiteSidecar> StartAsync(WeftHome home, MeshResources resources, JsonNode pod, EchoPlan plan, CancellationToken ct)
    {
        string ns = (string)pod["metadata"]!["namespace"]!, name = (string)pod["metadata"]!["name"]!;
        await resources.EnsureServiceAccountAsync(ns, ServiceAccount, ct);
        string token = await resources.TokenAsync(ns, ServiceAccount, name, (string)pod["metadata"]!["uid"]!, ct);
        string state = Path.Combine(home.Pods, name);
        Directory.CreateDirectory(state);
        var outbound = new IPEndPoint(plan.Address, OutboundPort);
        MeshEndpoint mesh = MeshEndpoint.Local(home);
        var document = new JsonObject
        {
            ["workload"] = $"{ns}/{name}",
            ["node"] = Environment.MachineName,
            ["gateway"] = false,
            ["control"] = mesh.Discovery,
            ["rootSha256"] = mesh.RootSha256,
            ["token"] = token,
            ["stateDir"] = state,
            ["adminSocket"] = Path.Combine(state, "admin.sock"),
            ["supervisorFd"] = 3,
            ["loops"] = 1,
            ["metrics"] = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = 0 },
            ["inbound"] = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = 0 },
            ["app"] = new JsonObject { ["address"] = plan.Address.ToString(), ["ports"] = new JsonArray([.. plan.Ports.Select(p => (JsonNode)p.Port)]) },
            ["explicit"] = new JsonObject
            {
                ["outbound"] = outbound.ToString(),
                ["inbound"] = new JsonObject(plan.Ports.Select(p => KeyValuePair.Create<string, JsonNode?>($"{p.Port}", p.Port))),
            },
        };
        return Spawn(document, outbound, Path.Combine(home.Logs, $"{ns}.{name}.log"));
    }

    public async ValueTask DisposeAsync()
    {
        _supervisor.Dispose(); // end-of-file tells it that it is over
        await _process.EndAsync(EndLimit);
    }

    private static SuiteSidecar Spawn(JsonObject document, IPEndPoint outbound, string logFile)
    {
        var (ours, theirs) = Descriptor.StreamPair();
        var (read, write) = Descriptor.Pipe();
        using (theirs)
        using (read)
        using (write)
        using (var log = new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            int output = (int)log.SafeFileHandle.DangerousGetHandle();
            ChildProcess process = ChildProcess.Start(new SpawnRequest(Binaries.Proxy, ["sidecar", "--bootstrap-fd", "4"])
            {
                Descriptors = [(int)theirs.DangerousGetHandle(), (int)read.DangerousGetHandle()],
                StandardOutput = output,
                StandardError = output,
                Group = SpawnGroup.Session,
            });
            Descriptor.Write((int)write.DangerousGetHandle(), Encoding.UTF8.GetBytes(document.ToJsonString()));
            return new SuiteSidecar(process, ours, outbound);
        }
    }
}
