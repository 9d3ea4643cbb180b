using Weft.Http.Http1;
using Weft.Primitives;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire;

namespace Weft.Proxy.Forwarding;

/// <summary>Decides about each request of one HTTP connection and sees it answered.</summary>
internal interface IHttpEntry
{
    /// <summary>Where requests are counted that were refused before anybody knew where they go.</summary>
    Edge Unknown { get; }

    LoopTask HandleAsync(Exchange x);
}

/// <summary>Serves one connection whose client speaks HTTP, whichever version it begins with. On the loop.</summary>
internal static class HttpSession
{
    /// <summary>After our last answer the client may still be sending; we read so long, since closing at once would reset the answer away.</summary>
    internal const long LingerMs = 1_000;

    /// <summary>HTTP/2 is known by its preface (RFC 9113 §3.3: prior knowledge), or was agreed on in the handshake.</summary>
    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, ConnectionInfo info, IHttpEntry entry)
    {
        PathLimits limits = loop.Parts.Limits;
        bool hasBegun = !connection.Input.IsEmpty;
        connection.SetReadDeadline((long)(hasBegun ? limits.HeadTime : limits.ClientIdle).TotalMilliseconds);
        connection.IsResting = !hasBegun;
        SniffedProtocol first = ProtocolSniffer.Sniff(connection.Input);
        while (first is SniffedProtocol.NeedMore && await connection.ReadAsync() == IoStatus.Ok)
        {
            first = ProtocolSniffer.Sniff(connection.Input);
            if (!hasBegun)
            {
                hasBegun = true;
                connection.SetReadDeadline((long)limits.HeadTime.TotalMilliseconds); // however the rest trickles
            }
        }

        connection.IsResting = false;
        if (first is SniffedProtocol.Http2)
        {
            await Http2Session.RunAsync(loop, connection, info, entry);
        }
        else
        {
            await Http1Session.RunAsync(loop, connection, info, entry);
        }
    }
}
