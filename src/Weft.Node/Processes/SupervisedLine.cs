using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace Weft.Node.Processes;

/// <summary>The supervisor's end of a child's socket: events in, commands out, one JSON document per line. Closing it ends the child.</summary>
public sealed class SupervisedLine : IDisposable
{
    private const int LineCharsMax = 64 << 10;
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly SemaphoreSlim _writing = new(1);

    public SupervisedLine(SafeFileHandle end)
    {
        _socket = new Socket(new SafeSocketHandle(end.DangerousGetHandle(), ownsHandle: true));
        end.SetHandleAsInvalid(); // the socket owns it now
        _reader = new StreamReader(new NetworkStream(_socket, ownsSocket: false), Encoding.UTF8);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _reader.Dispose();
        _writing.Dispose();
    }

    /// <summary>Hands over each event until the child closes its end. Lines that are no JSON object are skipped.</summary>
    public async Task ReadAsync(Action<string, JsonObject> received, CancellationToken ct)
    {
        try
        {
            while (await _reader.ReadLineAsync(ct) is { } line)
            {
                if (line.Length <= LineCharsMax && TryParse(line) is { } json && json["event"] is JsonValue name) { received(name.ToString(), json); }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The child or we ended; the caller sees that by the process.
        }
    }

    /// <summary>Sends a command; a child that is gone has no use for it.</summary>
    public async Task SendAsync(string command, int number = 0, string text = "")
    {
        string line = new JsonObject { ["command"] = command, ["number"] = number, ["text"] = text }.ToJsonString() + "\n";
        try
        {
            await _writing.WaitAsync();
            try { await _socket.SendAsync(Encoding.UTF8.GetBytes(line)); }
            finally { _writing.Release(); }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone.
        }
    }

    private static JsonObject? TryParse(string line)
    {
        try { return JsonNode.Parse(line) as JsonObject; }
        catch (JsonException) { return null; }
    }
}
