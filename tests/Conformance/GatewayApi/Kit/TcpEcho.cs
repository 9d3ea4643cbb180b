using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>The suite's TCP echo: it speaks first, then answers lines: PING, IS_TLS, and TEST with who it is.</summary>
internal static class TcpEcho
{
    public const string Welcome = "Welcome to the echo";

    public static async Task RunAsync(ConnectionContext connection, EchoIdentity identity)
    {
        ISslStreamFeature? tls = connection.Features.Get<ISslStreamFeature>();
        await WriteAsync(connection, Welcome);
        try
        {
            while (await ReadLineAsync(connection.Transport.Input, connection.ConnectionClosed) is { } line)
            {
                await WriteAsync(connection, line switch
                {
                    "PING" => "PONG",
                    "IS_TLS" => tls is null ? "false" : "true",
                    "TEST" => new JsonObject
                    {
                        ["namespace"] = identity.Namespace,
                        ["pod"] = identity.Pod,
                        ["tls"] = tls is null ? null : new JsonObject { ["serverName"] = tls.SslStream.TargetHostName },
                    }.ToJsonString(),
                    _ => "UNKNOWN",
                });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionResetException)
        {
            // the client is gone
        }
    }

    private static async Task WriteAsync(ConnectionContext connection, string line) => await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));

    private static async Task<string?> ReadLineAsync(PipeReader input, CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(ct);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                string line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end));
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line.TrimEnd('\r');
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }
}
