using System.Text.Json.Nodes;

namespace Weft.Node.Pods;

/// <summary>The one document a proxy starts from. It goes over a pipe, since it holds a token.</summary>
internal static class Bootstrap
{
    public const int SupervisorFd = 3;
    public const int PodFd = 4;

    private const int SocketPathMax = 107; // sun_path

    public static JsonObject Sidecar(PodPlan plan, MeshEndpoint mesh, string token, string stateDirectory)
    {
        JsonObject document = Common(plan.Workload, mesh, token, stateDirectory);
        document["gateway"] = false;
        document["inbound"] = new JsonObject { ["bind"] = plan.InboundBind, ["port"] = 0 };
        if (plan.PeerSocket) { document["inbound"]!["unixSocket"] = Path.Combine(stateDirectory, "peer.sock"); }
        document["app"] = new JsonObject { ["ports"] = PodPlan.Numbers(plan.Ports.Select(p => p.Number)), ["address"] = "127.0.0.1" };
        if (plan.HostPorts.Count > 0) { document["hostPorts"] = PodPlan.Numbers(plan.HostPorts); }
        if (plan.Explicit is { } ports)
        {
            var moved = new JsonObject();
            foreach ((int declared, int real) in ports.Inbound) { moved[declared.ToString()] = real; }
            document["explicit"] = new JsonObject { ["outbound"] = $"127.0.0.1:{ports.Outbound}", ["inbound"] = moved };
        }
        else
        {
            document["podFd"] = PodFd;
        }

        return document;
    }

    /// <param name="ports">Gateway port to host port.</param>
    public static JsonObject Gateway(string workload, MeshEndpoint mesh, string token, string stateDirectory, string bind, IReadOnlyDictionary<int, int> ports)
    {
        JsonObject document = Common(workload, mesh, token, stateDirectory);
        document["gateway"] = true;
        document["gatewayBind"] = bind;
        var map = new JsonObject();
        foreach ((int port, int host) in ports) { map[port.ToString()] = host; }
        document["gatewayPorts"] = map;
        document["inbound"] = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = 0 };
        return document;
    }

    private static JsonObject Common(string workload, MeshEndpoint mesh, string token, string stateDirectory)
    {
        string admin = Path.Combine(stateDirectory, "admin.sock");
        if (admin.Length > SocketPathMax)
        {
            throw new IOException($"{admin} is longer than a unix socket's path may be ({SocketPathMax} bytes); choose a shorter WEFT_HOME.");
        }

        return new JsonObject
        {
            ["workload"] = workload,
            ["node"] = Environment.MachineName,
            ["control"] = mesh.Discovery,
            ["rootSha256"] = mesh.RootSha256,
            ["token"] = token,
            ["stateDir"] = stateDirectory,
            ["adminSocket"] = admin,
            ["metrics"] = new JsonObject { ["bind"] = "127.0.0.1", ["port"] = 0 },
            ["supervisorFd"] = SupervisorFd,
            ["loops"] = Math.Clamp(Environment.ProcessorCount, 1, 2),
        };
    }
}
