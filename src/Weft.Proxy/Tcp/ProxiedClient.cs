using System.Net;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.ProxyProtocol;

namespace Weft.Proxy.Tcp;

/// <summary>The client behind a load balancer that speaks the PROXY protocol, version 1 or 2.</summary>
internal static class ProxiedClient
{
    /// <summary>Takes the header off the front of the connection. Null: there is none, or a broken one; the connection must not be served.</summary>
    internal static async LoopTask<IPEndPoint?> ReadAsync(LoopConnection connection)
    {
        ReadStatus status;
        ProxyHeader header;
        while ((status = Take(connection, out header)) is ReadStatus.NeedMore)
        {
            if (await connection.ReadAsync() != IoStatus.Ok)
            {
                return null;
            }
        }

        return status is not ReadStatus.Done ? null : header.IsLocal ? connection.RemoteAddress : header.Source.ToEndPoint();
    }

    private static ReadStatus Take(LoopConnection connection, out ProxyHeader header)
    {
        ReadOnlySpan<byte> rest = connection.Input;
        ReadStatus status = ProxyHeaderReader.TryRead(ref rest, out header);
        if (status is ReadStatus.Done)
        {
            connection.Consume(connection.Input.Length - rest.Length);
        }

        return status;
    }
}
