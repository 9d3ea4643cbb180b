using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Weft.Conformance.GatewayApi.Kit;

namespace Weft.Conformance.Live.Kit;

/// <summary>An HTTP proxy that is asked for a tunnel. Behind it is the TCP echo, whose name is what was asked for: "CONNECT far.example.org:443".</summary>
internal static class LiveTunnel
{
    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();

    public static async Task RunAsync(ConnectionContext connection)
    {
        if (await ReadHeadAsync(connection.Transport.Input, connection.ConnectionClosed) is not { } head)
        {
            return;
        }

        await connection.Transport.Output.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        string[] lines = head.Split("\r\n");
        string host = lines.First(l => l.StartsWith("Host: ", StringComparison.Ordinal))["Host: ".Length..];
        await TcpEcho.RunAsync(connection, new EchoIdentity("", $"{lines[0].Split(' ')[0]} {host}"));
    }

    private static async Task<string?> ReadHeadAsync(PipeReader input, CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(ct);
            var reader = new SequenceReader<byte>(read.Buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> head, HeadEnd))
            {
                string text = Encoding.ASCII.GetString(head);
                input.AdvanceTo(reader.Position);
                return text;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }
}
