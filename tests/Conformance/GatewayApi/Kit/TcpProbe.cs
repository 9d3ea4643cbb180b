using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>What the TCP echo said of itself.</summary>
internal sealed record TcpCaptured(bool IsTls, string Namespace, string Pod, string ServerName);

/// <summary>Asks the TCP echo over one connection, with TLS when a server name is given.</summary>
internal static class TcpProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">The connection ended or its handshake failed.</exception>
    public static async Task<TcpCaptured> AskAsync(IPEndPoint to, string? serverName, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        using var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(to, limit.Token);
        await using Stream stream = await OpenAsync(socket, serverName, limit.Token);
        using var reader = new StreamReader(stream);
        string welcome = await LineAsync(reader, limit.Token);
        string pong = await AskAsync(stream, reader, "PING", limit.Token);
        if (welcome != TcpEcho.Welcome || pong != "PONG")
        {
            throw new IOException($"it said \"{welcome}\", then \"{pong}\"");
        }

        bool tls = await AskAsync(stream, reader, "IS_TLS", limit.Token) == "true";
        JsonNode? said = JsonNode.Parse(await AskAsync(stream, reader, "TEST", limit.Token));
        return new TcpCaptured(tls, (string?)said?["namespace"] ?? "", (string?)said?["pod"] ?? "", (string?)said?["tls"]?["serverName"] ?? "");
    }

    /// <summary>True when a TLS handshake with that name does not come to an end.</summary>
    public static async Task<bool> IsRejectedAsync(IPEndPoint to, string serverName, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        using var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, limit.Token);
            await using Stream stream = await OpenAsync(socket, serverName, limit.Token);
            return false;
        }
        catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            return true;
        }
    }

    private static async Task<Stream> OpenAsync(Socket socket, string? serverName, CancellationToken ct)
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (serverName is null)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true, // which backend answers is what is looked at
        }, ct);
        return tls;
    }

    private static async Task<string> AskAsync(Stream stream, StreamReader reader, string question, CancellationToken ct)
    {
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(question + "\n"), ct);
        return await LineAsync(reader, ct);
    }

    private static async Task<string> LineAsync(StreamReader reader, CancellationToken ct) => await reader.ReadLineAsync(ct) ?? throw new IOException("the connection ended");
}
