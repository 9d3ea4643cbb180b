using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Weft.Dialects.Reading;

/// <summary>Builds the same two trees from JSON text. Comments and trailing commas are accepted, duplicate keys are not.</summary>
internal static class JsonTree
{
    /// <summary>One value after the other, as in a stream of JSON documents.</summary>
    public static IReadOnlyList<(JsonNode? Value, SourceNode Source)> Read(string text, ReadLimits limits)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Utf8JsonReader reader = new(bytes, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, AllowMultipleValues = true, MaxDepth = limits.DepthMax });
        Lines lines = new(bytes);
        int values = 0;
        List<(JsonNode?, SourceNode)> read = [];
        while (reader.Read())
        {
            read.Add(Value(ref reader, lines, limits, ref values));
        }
        return read;
    }

    private static (JsonNode? Value, SourceNode Source) Value(ref Utf8JsonReader reader, Lines lines, ReadLimits limits, ref int values)
    {
        SourceNode source = lines.At(reader.TokenStartIndex);
        if (++values > limits.ValuesMax)
        {
            throw new DocumentException(source.Line, source.Column, $"the file holds more than {limits.ValuesMax} values", "Split the file.");
        }
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return (Map(ref reader, source, lines, limits, ref values), source);
            case JsonTokenType.StartArray:
                JsonArray list = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    (JsonNode? item, SourceNode at) = Value(ref reader, lines, limits, ref values);
                    list.Add(item);
                    source.Add(at);
                }
                return (list, source);
            default:
                return (Scalar(ref reader, source), source);
        }
    }

    private static JsonObject Map(ref Utf8JsonReader reader, SourceNode source, Lines lines, ReadLimits limits, ref int values)
    {
        JsonObject map = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            SourceNode keyAt = lines.At(reader.TokenStartIndex);
            string key = Text(ref reader, keyAt);
            reader.Read();
            (JsonNode? value, SourceNode at) = Value(ref reader, lines, limits, ref values);
            if (!map.TryAdd(key, value))
            {
                throw new DocumentException(keyAt.Line, keyAt.Column, $"the key \"{key}\" stands twice in one map", "Remove one of them.");
            }
            source.Add(key, at.Line == keyAt.Line ? at : at.At(keyAt.Line, keyAt.Column));
        }
        return map;
    }

    private static JsonValue? Scalar(ref Utf8JsonReader reader, SourceNode at) => reader.TokenType switch
    {
        JsonTokenType.String => JsonValue.Create(Text(ref reader, at)),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        JsonTokenType.Number => reader.TryGetInt64(out long integer) ? JsonValue.Create(integer) : JsonValue.Create(reader.GetDouble()),
        _ => null,
    };

    private static string Text(ref Utf8JsonReader reader, SourceNode at)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw new DocumentException(at.Line, at.Column, "the text holds half of a character", "Write surrogates in pairs, \\ud83d\\ude00, or the character itself.");
        }
    }

    /// <summary>Byte offsets to lines; offsets come in rising order.</summary>
    private sealed class Lines(byte[] bytes)
    {
        private int _offset;
        private int _line = 1;
        private int _lineStart;

        public SourceNode At(long offset)
        {
            for (; _offset < offset; _offset++)
            {
                if (bytes[_offset] == (byte)'\n')
                {
                    _line++;
                    _lineStart = _offset + 1;
                }
            }
            return new SourceNode(_line, (int)offset - _lineStart + 1);
        }
    }
}
