using System.Net;
using System.Net.Sockets;
using Weft.Cli.Frame;

namespace Weft.Cli.Up;

/// <summary>Ports that somebody else has are said before anything starts, with who has them where that can be seen.</summary>
internal static class Ports
{
    public static void RequireFree(string purpose, string bind, int port, string cure)
    {
        if (port == 0) { return; }
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true); // as the listener will: only a live one refuses
            probe.Bind(new IPEndPoint(IPAddress.Parse(bind), port));
            probe.Listen(1);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw CommandException.No($"port {port} of {bind}, wanted for {purpose}, is in use", cure);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw CommandException.No($"port {port}, wanted for {purpose}, is not allowed to you", $"Use a port from 1024 on, or run as root. {cure}");
        }
    }
}
