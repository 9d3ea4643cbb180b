using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Weft.Transport.Processes;

namespace Weft.Proxy.Pod;

/// <summary>A command of the supervisor, one JSON document per line.</summary>
internal readonly record struct SupervisorCommand(string Name, int Number);

/// <summary>The agent's end of the socket to its supervisor: events out, commands in. One thread.</summary>
internal sealed class SupervisorLine(int fd)
{
    private const int LineBytesMax = 64 << 10;
    private readonly List<byte> _pending = [];

    public int Fd => fd;

    public void Say(string name, params ReadOnlySpan<(string Name, object Value)> fields)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            foreach ((string field, object value) in fields)
            {
                if (value is int number) { json.WriteNumber(field, number); }
                else { json.WriteString(field, value.ToString()); }
            }

            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        _ = Descriptor.SendAll(fd, line.GetBuffer().AsSpan(0, (int)line.Length)); // its end is seen when reading
    }

    public void Notice(string text) => Say("notice", ("text", text));

    /// <summary>Reads what has arrived. False: the supervisor is gone, and everything in the pod ends.</summary>
    public bool TryRead(List<SupervisorCommand> commands)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int n = Descriptor.Read(fd, buffer);
        if (n <= 0 || _pending.Count + n > LineBytesMax) { return false; }
        foreach (byte b in buffer[..n])
        {
            if (b != '\n')
            {
                _pending.Add(b);
                continue;
            }

            if (TryParse(Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_pending)), out SupervisorCommand command)) { commands.Add(command); }
            _pending.Clear();
        }

        return true;
    }

    /// <summary>False for what is no command; the line's other end may be newer than we are.</summary>
    internal static bool TryParse(string line, out SupervisorCommand command)
    {
        command = default;
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement root = json.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("command", out JsonElement name) || name.ValueKind is not JsonValueKind.String)
            {
                return false;
            }

            int number = root.TryGetProperty("number", out JsonElement n) && n.ValueKind is JsonValueKind.Number && n.TryGetInt32(out int given) ? given : 0;
            command = new SupervisorCommand(name.GetString() ?? "", number);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
