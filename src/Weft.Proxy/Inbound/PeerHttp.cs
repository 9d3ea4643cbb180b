using System.Buffers.Text;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Inbound;

/// <summary>Requests of one peer: each names the port it means, and all of them share the connection. Its loop only.</summary>
internal sealed class PeerHttp(ProxyLoop loop, Edge unknown, Func<int, ConnectionInfo> describe) : IHttpEntry
{
    private readonly List<(int Port, ConnectionInfo Info, IHttpEntry Entry)> _ports = [];

    public Edge Unknown => unknown;

    /// <remarks>(1) which port (2) is it declared (3) as any other request to it</remarks>
    public LoopTask HandleAsync(Exchange x)
    {
        int at = x.Client.Request.Fields.Find(PeerFields.Port, x.Client.Head);                                   // (1)
        ReadOnlySpan<byte> text = at < 0 ? default : x.Client.Request.Fields[at].Value.In(x.Client.Head);
        int port = Utf8Parser.TryParse(text, out int number, out int used) && used == text.Length ? number : 0;
        if (Find(port) is not { } found)                                                                         // (2)
        {
            x.Detail = "The workload does not declare that port.";
            LocalAnswer.Fail(x, Fault.ForbiddenDestination);
            return LoopTask.Completed;
        }

        x.Attach(x.Client, found.Info);
        int version = x.Client.Request.Fields.Find(PeerFields.Version, x.Client.Head);
        x.Version = version < 0 ? x.Version : PeerFields.VersionOf(x.Client.Request.Fields[version].Value.In(x.Client.Head));
        return found.Entry.HandleAsync(x);                                                                       // (3)
    }

    private (int Port, ConnectionInfo Info, IHttpEntry Entry)? Find(int port)
    {
        foreach ((int Port, ConnectionInfo Info, IHttpEntry Entry) known in _ports)
        {
            if (known.Port == port)
            {
                return known;
            }
        }

        ConnectionInfo info = describe(port);
        IHttpEntry? entry = loop.Parts.Mesh.Workload?.FindInbound(port) is { } model ? new InboundHttp(loop, model, info) : PeerGateway.Find(loop, port);
        if (entry is null)
        {
            return null;
        }

        _ports.Add((port, info, entry));
        return _ports[^1];
    }
}
