using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Weft.ControlPlane.Api.Protobuf;

/// <summary>
/// Kubernetes' protobuf form of its own kinds, read into the JSON that the same client would have sent. `kubectl create`
/// and typed Go clients send it unasked and do not fall back. Fields of later versions are passed over, as Kubernetes does.
/// </summary>
/// <remarks>
/// <code>
/// body    = "k8s" 0x00 Unknown                     k8s.io/apimachinery/pkg/runtime/serializer/protobuf
/// Unknown = 1 TypeMeta { 1 apiVersion, 2 kind }, 2 the resource's message, 3 content encoding, 4 content type
/// </code>
/// </remarks>
internal static class ProtobufReader
{
    private const int DepthMax = 100;

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Null when the kind is none of those whose messages are known; <paramref name="kind"/> names it.</summary>
    /// <exception cref="InvalidDataException">The bytes are not such a message.</exception>
    public static JsonObject? Read(byte[] body, out string kind)
    {
        if (!body.AsSpan().StartsWith(Magic))
        {
            throw new InvalidDataException("it does not begin with the four bytes of Kubernetes' protobuf form");
        }

        string apiVersion = "";
        string named = "";
        byte[] raw = [];
        try
        {
            Walk(body[Magic.Length..], (number, input) =>
            {
                switch (number)
                {
                    case 1:
                        Walk(input.ReadBytes().ToByteArray(), (inner, meta) => inner switch
                        {
                            1 => (apiVersion = meta.ReadString()) is not null,
                            2 => (named = meta.ReadString()) is not null,
                            _ => false,
                        });
                        return true;
                    case 2:
                        raw = input.ReadBytes().ToByteArray();
                        return true;
                    default:
                        return false;
                }
            });
            kind = named;
            if (WireTable.Find(kind) is null)
            {
                return null;
            }

            JsonObject json = new() { ["apiVersion"] = apiVersion, ["kind"] = kind };
            ReadMessage(json, kind, raw, 0);
            return json;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static void ReadMessage(JsonObject to, string message, byte[] bytes, int depth)
    {
        var fields = WireTable.Find(message) ?? throw new InvalidDataException($"{message} is not known");
        if (depth > DepthMax)
        {
            throw new InvalidDataException($"it is nested deeper than {DepthMax} levels");
        }

        Walk(bytes, (number, input) =>
        {
            if (!fields.TryGetValue(number, out WireField? field))
            {
                return false;
            }

            if (field.Name.Length == 0)
            {
                ReadMessage(to, field.Message, input.ReadBytes().ToByteArray(), depth + 1);
            }
            else if (field.IsMap)
            {
                ReadEntry(to, field, input.ReadBytes().ToByteArray(), depth);
            }
            else if (Value(field, input, depth) is { } value)
            {
                if (field.IsList)
                {
                    (to[field.Name] ??= new JsonArray()).AsArray().Add(value);
                }
                else
                {
                    to[field.Name] = value;
                }
            }

            return true;
        });
    }

    // A map is a list of entries { 1 key, 2 value }; a value that is zero may be left out.
    private static void ReadEntry(JsonObject to, WireField field, byte[] bytes, int depth)
    {
        string key = "";
        JsonNode? value = field.Kind == WireKind.Message ? new JsonObject() : "";
        Walk(bytes, (number, input) =>
        {
            switch (number)
            {
                case 1:
                    key = input.ReadString();
                    return true;
                case 2:
                    value = Value(field, input, depth);
                    return true;
                default:
                    return false;
            }
        });
        (to[field.Name] ??= new JsonObject())[key] = value;
    }

    /// <summary>Null when it says nothing: Go writes the zero of every field that is no pointer.</summary>
    private static JsonNode? Value(WireField field, CodedInputStream input, int depth)
    {
        bool keeps = field.KeepsZero || field.IsList || field.IsMap;
        switch (field.Kind)
        {
            case WireKind.Text:
                return input.ReadString() is { } text && (keeps || text.Length > 0) ? text : null;
            case WireKind.Number:
                return input.ReadInt64() is var number && (keeps || number != 0) ? number : null;
            case WireKind.Truth:
                return input.ReadBool() is var truth && (keeps || truth) ? truth : null;
            case WireKind.Bytes:
                return input.ReadBytes() is { } data && (keeps || data.Length > 0) ? data.ToBase64() : null;
            case WireKind.Time:
                return Time(input.ReadBytes().ToByteArray());
            case WireKind.NumberOrText:
                return NumberOrText(input.ReadBytes().ToByteArray(), keeps);
            case WireKind.Quantity:
                return Single(input, static i => i.ReadString()) is { Length: > 0 } quantity ? quantity : null;
            case WireKind.Raw:
                return Raw(Single(input, static i => i.ReadBytes()) ?? ByteString.Empty);
            default:
                JsonObject inner = [];
                ReadMessage(inner, field.Message, input.ReadBytes().ToByteArray(), depth + 1);
                return keeps || inner.Count > 0 ? inner : null;
        }
    }

    // Timestamp { 1 seconds, 2 nanos }; the zero time has neither.
    private static JsonNode? Time(byte[] bytes)
    {
        long seconds = 0;
        Walk(bytes, (number, input) => number == 1 && (seconds = input.ReadInt64()) is var _);
        const long first = -62135596800, last = 253402300799; // year 1 to 9999, what DateTimeOffset holds
        return bytes.Length == 0 ? null
            : seconds is >= first and <= last ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"{seconds} is no time");
    }

    // IntOrString { 1 type (0 number, 1 text), 2 number, 3 text }
    private static JsonNode? NumberOrText(byte[] bytes, bool keeps)
    {
        long type = 0;
        long whole = 0;
        string text = "";
        Walk(bytes, (number, input) => number switch
        {
            1 => (type = input.ReadInt64()) is var _,
            2 => (whole = input.ReadInt64()) is var _,
            3 => (text = input.ReadString()) is not null,
            _ => false,
        });
        return type == 1 ? text : keeps || whole != 0 ? whole : null;
    }

    private static JsonNode? Raw(ByteString bytes)
    {
        try
        {
            return bytes.IsEmpty ? null : JsonNode.Parse(bytes.Span);
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new InvalidDataException($"an embedded value is not JSON: {e.Message}", e);
        }
    }

    // A message whose only field, number 1, is the value.
    private static T? Single<T>(CodedInputStream input, Func<CodedInputStream, T> read)
    {
        T? value = default;
        Walk(input.ReadBytes().ToByteArray(), (number, inner) =>
        {
            if (number != 1)
            {
                return false;
            }

            value = read(inner);
            return true;
        });
        return value;
    }

    private static void Walk(byte[] bytes, Func<int, CodedInputStream, bool> take)
    {
        using CodedInputStream input = new(bytes);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (!take(WireFormat.GetTagFieldNumber(tag), input))
            {
                input.SkipLastField();
            }
        }
    }
}
