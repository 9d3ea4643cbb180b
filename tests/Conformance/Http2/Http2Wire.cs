using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Weft.Conformance.Http2;

/// <summary>One frame as it came.</summary>
internal sealed record SeenFrame(byte Type, byte Flags, int StreamId, byte[] Payload)
{
    internal const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7;

    internal bool IsAck => (Flags & 1) != 0;

    internal bool EndsStream => Type is Data or Headers && (Flags & 1) != 0;

    /// <summary>The code of RST_STREAM or GOAWAY.</summary>
    internal int Code => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == GoAway ? 4 : 0));
}

/// <summary>An HTTP/2 client that sends what it is told, right or wrong, and keeps what comes back.</summary>
internal sealed class Http2Wire : IDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream _stream = Stream.Null; // ConnectAsync sets it
    private byte[] _unread = [];

    /// <summary>GET http://a/hello, POST http://a/echo and HEAD http://a/hello (RFC 7541: static names, no table entries, no Huffman).</summary>
    internal const string Get = "8286" + "04062F68656C6C6F" + "010161", Post = "8386" + "04052F6563686F" + "010161";

    /// <summary>A frame in hexadecimal.</summary>
    internal static string Frame(int type, int flags, int stream, string payload = "") => $"{payload.Length / 2:X6}{type:X2}{flags:X2}{stream:X8}{payload}";

    /// <param name="overTls">HTTP/2 is agreed on in the handshake (RFC 9113 §3.2) instead of known before.</param>
    internal static async Task<Http2Wire> ConnectAsync(int port, bool overTls = false)
    {
        var wire = new Http2Wire();
        await wire._socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
        wire._stream = new NetworkStream(wire._socket);
        if (overTls)
        {
            var tls = new SslStream(wire._stream);
            wire._stream = tls;
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2], EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, _, _, _) => true, // whose it is is another test's question
            }).WaitAsync(Patience);
            Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
        }

        return wire;
    }

    /// <summary>The preface and our settings, and the acknowledgement of theirs.</summary>
    internal Task GreetAsync(string settings = "") => SendAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Convert.FromHexString(Frame(4, 0, 0, settings) + Frame(4, 1, 0))]);

    internal Task SendHexAsync(string hex) => SendAsync(Convert.FromHexString(hex));

    /// <summary>A peer that has closed takes no more; what it said before is read in any case.</summary>
    internal async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);
        }
        catch (IOException)
        {
            // see above
        }
    }

    /// <summary>The next frame; null: the connection is over.</summary>
    internal async Task<SeenFrame?> ReadAsync()
    {
        const int HeadBytes = 9;
        while (true)
        {
            if (_unread.Length >= HeadBytes)
            {
                int length = (_unread[0] << 16) | (_unread[1] << 8) | _unread[2];
                if (_unread.Length >= HeadBytes + length)
                {
                    var frame = new SeenFrame(_unread[3], _unread[4], BinaryPrimitives.ReadInt32BigEndian(_unread.AsSpan(5)), _unread[HeadBytes..(HeadBytes + length)]);
                    _unread = _unread[(HeadBytes + length)..];
                    return frame;
                }
            }

            byte[] buffer = new byte[16 << 10];
            int count;
            try
            {
                count = await _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience);
            }
            catch (IOException)
            {
                return null;
            }

            if (count == 0)
            {
                return null;
            }

            _unread = [.. _unread, .. buffer.AsSpan(0, count)];
        }
    }

    /// <summary>Reads until a frame is the one; null: the connection ended before.</summary>
    internal async Task<SeenFrame?> ReadUntilAsync(Func<SeenFrame, bool> isIt)
    {
        while (await ReadAsync() is { } frame)
        {
            if (isIt(frame))
            {
                return frame;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
