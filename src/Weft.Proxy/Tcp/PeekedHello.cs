using System.Text;
using Weft.Proxy.Forwarding;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Tls;

namespace Weft.Proxy.Tcp;

/// <summary>What a connection's ClientHello says, read without taking it: it belongs to whoever makes the handshake.</summary>
/// <param name="IsTls">False: the first bytes are something else, or never came.</param>
/// <param name="ServerName">In lower case; null when it asks for none.</param>
/// <param name="IsPeer">It offers to speak a protocol of the mesh.</param>
internal readonly record struct PeekedHello(bool IsTls, string? ServerName, bool IsPeer)
{
    /// <summary>Waits for the whole message, as long as the connection's read deadline lets it.</summary>
    internal static async LoopTask<PeekedHello> ReadAsync(LoopConnection connection)
    {
        ReadStatus status = Read(connection.Input, out PeekedHello hello);
        while (status is ReadStatus.NeedMore && await connection.ReadAsync() == IoStatus.Ok)
        {
            status = Read(connection.Input, out hello);
        }

        return hello;
    }

    private static ReadStatus Read(ReadOnlySpan<byte> input, out PeekedHello peeked)
    {
        Span<byte> scratch = stackalloc byte[ClientHello.BytesMax];
        ReadStatus status = ClientHello.TryRead(input, scratch, out ClientHello hello);
        peeked = status is ReadStatus.Done
            ? new PeekedHello(true, hello.ServerName.IsEmpty ? null : Encoding.ASCII.GetString(hello.ServerName).ToLowerInvariant(), hello.Offers(MeshTls.HttpProtocolUtf8) || hello.Offers(MeshTls.TcpProtocolUtf8))
            : default;
        return status;
    }
}
