using System.Net;
using System.Net.Sockets;

namespace Weft.Conformance.Kit;

/// <summary>Whether a port answers the HTTP/2 preface (RFC 9113 §3.4).</summary>
internal static class Http2Probe
{
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    public static async Task<bool> SpeaksAsync(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Preface);
        byte[] answer = new byte[9];
        int count = await socket.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(5));
        return count == answer.Length && answer[3] == 4; // SETTINGS
    }

    public static async Task RequireAsync(int port) => Assert.SkipUnless(await SpeaksAsync(port), "the proxy does not speak HTTP/2 to applications");
}
