using System.Text;
using System.Text.Json;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>The proxy's end of the socket to its supervisor: events out, commands in, a line of JSON each. Control loop only.</summary>
/// <remarks>Its end means that the parent is gone, and a proxy without a parent ends too.</remarks>
internal sealed class SupervisorLink(LoopConnection connection)
{
    private const int LineBytesMax = 16 << 10;

    /// <summary>Called with each command's name.</summary>
    public Action<string> Commanded { get; set; } = static _ => { };

    public void Ready(int inboundPort, int metricsPort) => Say(json =>
    {
        json.WriteString("event", "ready");
        json.WriteNumber("inboundPort", inboundPort);
        json.WriteNumber("metricsPort", metricsPort);
    });

    public void AppReady() => Say(static json => json.WriteString("event", "app-ready"));

    public void Drained() => Say(static json => json.WriteString("event", "drained"));

    public void Notice(string text) => Say(json =>
    {
        json.WriteString("event", "notice");
        json.WriteString("text", text);
    });

    /// <summary>Ends when the supervisor is gone.</summary>
    public async LoopTask RunAsync()
    {
        connection.InputBytesMax = LineBytesMax;
        while (true)
        {
            while (connection.Input.IndexOf((byte)'\n') is >= 0 and var end)
            {
                string line = Encoding.UTF8.GetString(connection.Input[..end]);
                connection.Consume(end + 1);
                if (NameOf(line) is { } command)
                {
                    Commanded(command);
                }
            }

            if (await connection.ReadAsync() is not IoStatus.Ok)
            {
                return;
            }
        }
    }

    private void Say(Action<Utf8JsonWriter> fields)
    {
        if (connection.IsClosed)
        {
            return;
        }

        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        connection.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
    }

    private static string? NameOf(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("command", out JsonElement name) ? name.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
