using System.Net.Sockets;
using Weft.Transport;

namespace Weft.Unit.Transport;

public sealed class KeepAliveTests
{
    [Fact]
    public void KeepAlive_Settings_AreTheKernelsInWholeSeconds()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Sockets.KeepAlive((int)socket.Handle, new SocketKeepAlive(3, TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(4_200)));
        Assert.Equal(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal([60, 5, 3], new[] { SocketOptionName.TcpKeepAliveTime, SocketOptionName.TcpKeepAliveInterval, SocketOptionName.TcpKeepAliveRetryCount }
            .Select(o => socket.GetSocketOption(SocketOptionLevel.Tcp, o)));
    }

    [Fact]
    public void KeepAlive_NothingSaid_LeavesTheSystemsValues()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        object? before = socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime);
        Sockets.KeepAlive((int)socket.Handle, default);
        Assert.Equal(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(before, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
    }
}
