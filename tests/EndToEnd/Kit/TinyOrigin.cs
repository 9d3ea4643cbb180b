using System.Net;
using System.Net.Sockets;

namespace Weft.EndToEnd.Kit;

/// <summary>Answers every request on a free port of loopback with 200 and two bytes. Connections stay open.</summary>
internal sealed class TinyOrigin : IDisposable
{
    private static readonly byte[] Answer = [.. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8];
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public TinyOrigin()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _serving.Wait(TimeSpan.FromSeconds(5));
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(AnswerAsync(await _listener.AcceptTcpClientAsync()));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open); // stopped: connections end with their clients
        }
    }

    /// <summary>Heads alone, each in one piece: its only client is a proxy, which sends them so.</summary>
    private static async Task AnswerAsync(TcpClient accepted)
    {
        using TcpClient client = accepted;
        using var reader = new StreamReader(client.GetStream());
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Length == 0)
                {
                    await client.GetStream().WriteAsync(Answer);
                }
            }
        }
        catch (IOException)
        {
            // The other side closed first.
        }
    }
}
