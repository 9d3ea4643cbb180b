using System.Text;
using System.Text.Json;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>The proxy's end of the socket to its supervisor: events out, commands in, a line of JSON each. Control loop only.</summary>
/// <remarks>Its end means that the parent is gone, and a proxy without a parent ends too.</remarks>
internal sealed class SupervisorLink(LoopConnection connection)
{
    private const int LineBytesMax = 16 << 10;

    /// <summary>Called with each command's name and text.</summary>
    public Action<string, string> Commanded { get; set; } = static (_, _) => { };

    public void Ready(int inboundPort, int metricsPort) => Say(json =>
    {
        json.WriteString("event", "ready");
        json.WriteNumber("inboundPort", inboundPort);
        json.WriteNumber("metricsPort", metricsPort);
    });

    public void AppReady() => Say(static json => json.WriteString("event", "app-ready"));

    /// <summary>Another process of this proxy is wanted in its place.</summary>
    public void AskRestart() => Say(static json => json.WriteString("event", "restart"));

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
                if (Parse(line) is { Name: { } name } command)
                {
                    Commanded(name, command.Text ?? "");
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

    private static (string? Name, string? Text) Parse(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object ? (TextOf(json, "command"), TextOf(json, "text")) : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? TextOf(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
