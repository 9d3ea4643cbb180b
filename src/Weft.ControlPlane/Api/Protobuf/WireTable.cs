using System.Collections.Frozen;
using System.Globalization;

namespace Weft.ControlPlane.Api.Protobuf;

/// <summary>What a field holds, below its list or map.</summary>
internal enum WireKind
{
    Text,
    Number,
    Truth,
    Bytes,
    Time,
    NumberOrText,
    Quantity,
    Raw,
    Message,
}

/// <param name="Name">In JSON; empty: the message's fields stand among ours.</param>
/// <param name="KeepsZero">An empty value was written on purpose; elsewhere it means that nothing was said.</param>
/// <param name="Message">For <see cref="WireKind.Message"/>.</param>
internal sealed record WireField(string Name, WireKind Kind, bool IsList, bool IsMap, bool KeepsZero, string Message);

/// <summary>The messages of kubernetes.wire by name, each with its fields by number. Read once; any thread.</summary>
internal static class WireTable
{
    private static readonly FrozenDictionary<string, FrozenDictionary<int, WireField>> Messages = Read();

    public static FrozenDictionary<int, WireField>? Find(string message) => Messages.GetValueOrDefault(message);

    private static FrozenDictionary<string, FrozenDictionary<int, WireField>> Read()
    {
        Dictionary<string, Dictionary<int, WireField>> messages = new(StringComparer.Ordinal);
        Dictionary<int, WireField> open = [];
        using StreamReader reader = new(typeof(WireTable).Assembly.GetManifestResourceStream("kubernetes.wire")!); // embedded by the project
        while (reader.ReadLine() is { } line)
        {
            switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                case ["message", var name]:
                    messages.Add(name, open = []);
                    break;
                case [var number, var name, var type] when line[0] != '#':
                    open.Add(int.Parse(number, CultureInfo.InvariantCulture), Field(name, type));
                    break;
                default:
                    break; // a comment
            }
        }

        return messages.ToFrozenDictionary(m => m.Key, m => m.Value.ToFrozenDictionary(), StringComparer.Ordinal);
    }

    private static WireField Field(string name, string type)
    {
        bool keeps = type.StartsWith('*');
        string rest = type.TrimStart('*');
        bool list = rest.StartsWith("[]", StringComparison.Ordinal), map = rest.StartsWith("{}", StringComparison.Ordinal);
        string element = list || map ? rest[2..] : rest;
        WireKind kind = element switch
        {
            "string" => WireKind.Text,
            "int" => WireKind.Number,
            "bool" => WireKind.Truth,
            "bytes" => WireKind.Bytes,
            "time" => WireKind.Time,
            "intorstring" => WireKind.NumberOrText,
            "quantity" => WireKind.Quantity,
            "raw" => WireKind.Raw,
            ['@', ..] => WireKind.Message,
            _ => throw new InvalidDataException($"kubernetes.wire: {name} has the unknown type {type}"),
        };
        return new WireField(name == "." ? "" : name, kind, list, map, keeps, kind == WireKind.Message ? element[1..] : "");
    }
}
