using System.Net;
using System.Net.Sockets;

namespace Weft.Node.Pods;

/// <summary>
/// A pod without namespaces: the application is told of its proxy and listens on another port than it is known by. It
/// must heed HTTP_PROXY and PORT; what does not goes past the mesh, which is why this mode is asked for and never taken.
/// </summary>
internal static class ExplicitMode
{
    public static PodPlan Prepare(PodPlan plan)
    {
        int[] free = FreePorts(plan.Ports.Count + 1);
        Dictionary<int, int> moved = plan.Ports.Select((p, i) => (p.Number, Real: free[i + 1])).ToDictionary(p => p.Number, p => p.Real);
        string proxy = $"http://127.0.0.1:{free[0]}";
        var environment = new Dictionary<string, string>(plan.Environment, StringComparer.Ordinal)
        {
            ["HTTP_PROXY"] = proxy,
            ["http_proxy"] = proxy,
            ["NO_PROXY"] = "localhost,127.0.0.1,::1",
            ["no_proxy"] = "localhost,127.0.0.1,::1",
        };
        if (plan.Ports.Count > 0) { environment["PORT"] = free[1].ToString(); }
        foreach ((int declared, int real) in moved) { environment[$"PORT_{declared}"] = real.ToString(); }
        return plan with { Environment = environment, Explicit = new ExplicitPorts(free[0], moved) };
    }

    // All are held until all are drawn, so that no two are the same.
    private static int[] FreePorts(int count)
    {
        var held = new List<Socket>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                held.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            }

            return [.. held.Select(s => ((IPEndPoint)s.LocalEndPoint!).Port)]; // bound, so it has one
        }
        finally
        {
            held.ForEach(s => s.Dispose());
        }
    }
}
