using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.World.DataPath.Faults;

/// <summary>One end of a connection for clients and origins that misbehave on purpose: a reset of the other side is an end, not an error.</summary>
internal sealed class Wire(Socket socket) : IDisposable
{
    /// <summary>Longer than any timeout of the proxy takes on its fast clock: who waits longer waits forever.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private byte[] _buffer = new byte[4 << 10];
    private int _start;
    private int _end;

    internal static async Task<Wire> ConnectAsync(int port, int receiveBytes = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBytes;
        }

        await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
        return new Wire(socket);
    }

    internal Socket Socket { get; } = socket;

    /// <summary>The bytes that were read and not taken.</summary>
    internal ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    internal void Take(int count) => _start += count;

    /// <summary>False: the other side is gone.</summary>
    internal async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await Socket.SendAsync(bytes).AsTask().WaitAsync(Patience)..];
            }

            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    internal Task<bool> SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads what is there. False: no more will come.</summary>
    internal async Task<bool> FillAsync()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_end == _buffer.Length)
        {
            byte[] next = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
            Unread.CopyTo(next);
            (_buffer, _end, _start) = (next, _end - _start, 0);
        }

        try
        {
            int count = await Socket.ReceiveAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(Patience);
            _end += count;
            return count > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>A head without its empty line; null: there is none.</summary>
    internal async Task<string?> ReadHeadAsync()
    {
        int end;
        while ((end = Unread.IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync())
            {
                return null;
            }
        }

        string head = Encoding.Latin1.GetString(Unread[..end]);
        Take(end + 4);
        return head;
    }

    internal async Task DrainAsync()
    {
        do
        {
            Take(Unread.Length);
        }
        while (await FillAsync());
    }

    internal void FinishSending()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // gone already
        }
    }

    /// <summary>Closes with RST.</summary>
    internal void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    public void Dispose() => Socket.Dispose();
}
