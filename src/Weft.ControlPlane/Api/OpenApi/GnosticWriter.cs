using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Weft.ControlPlane.Api.OpenApi;

/// <summary>
/// Writes an OpenAPI v2 document in gnostic's protobuf form, which kubectl asks for. Field numbers are those of
/// openapiv2/OpenAPIv2.proto; only the fields our documents have are written.
/// </summary>
internal static class GnosticWriter
{
    public static byte[] Write(JsonObject document) => Message(m =>
    {
        m.Text(1, document["swagger"]);
        m.Message(2, i => // Info
        {
            i.Text(1, document["info"]!["title"]);
            i.Text(2, document["info"]!["version"]);
        });
        m.Message(8, p => // Paths
        {
            foreach ((string path, JsonNode? item) in (JsonObject)document["paths"]!)
            {
                p.Named(2, path, v => PathItem(v, (JsonObject)item!));
            }
        });
        m.Message(9, d => // Definitions
        {
            foreach ((string name, JsonNode? schema) in (JsonObject)document["definitions"]!)
            {
                d.Named(1, name, v => Schema(v, (JsonObject)schema!));
            }
        });
    });

    private static void PathItem(Fields to, JsonObject item)
    {
        foreach ((string verb, int number) in (ReadOnlySpan<(string, int)>)[("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)])
        {
            if (item[verb] is JsonObject operation)
            {
                to.Message(number, o => Operation(o, operation));
            }
        }

        Parameters(to, 9, item);
    }

    private static void Operation(Fields to, JsonObject operation)
    {
        to.Text(5, operation["operationId"]);
        foreach (JsonNode? type in operation["consumes"] as JsonArray ?? [])
        {
            to.Text(7, type);
        }

        Parameters(to, 8, operation);
        to.Message(9, responses =>
        {
            foreach ((string code, JsonNode? response) in operation["responses"] as JsonObject ?? [])
            {
                responses.Named(1, code, value => value.Message(1, r => // ResponseValue.response
                {
                    r.Text(1, response!["description"]);
                    if (response["schema"] is JsonObject schema)
                    {
                        r.Message(2, item => item.Message(1, s => Schema(s, schema))); // SchemaItem.schema
                    }
                }));
            }
        });
        Extensions(to, 13, operation);
    }

    private static void Parameters(Fields to, int number, JsonObject owner)
    {
        foreach (JsonObject parameter in (owner["parameters"] as JsonArray ?? []).OfType<JsonObject>())
        {
            bool path = (string?)parameter["in"] == "path";

            // ParametersItem.parameter → Parameter.non_body_parameter → query (3) or path (4) sub-schema.
            to.Message(number, item => item.Message(1, p => p.Message(2, n => n.Message(path ? 4 : 3, s =>
            {
                if (path)
                {
                    s.Flag(1, true);
                }

                s.Text(2, parameter["in"]);
                s.Text(4, parameter["name"]);
                s.Text(path ? 5 : 6, parameter["type"]);
            }))));
        }
    }

    private static void Schema(Fields to, JsonObject schema)
    {
        to.Text(1, schema["$ref"]);
        to.Text(2, schema["format"]);
        to.Text(4, schema["description"]);
        if (schema["default"] is { } value)
        {
            to.Message(5, any => any.Text(2, value.ToJsonString())); // Any.yaml
        }

        foreach (JsonNode? name in schema["required"] as JsonArray ?? [])
        {
            to.Text(19, name);
        }

        foreach (JsonNode? name in schema["enum"] as JsonArray ?? [])
        {
            to.Message(20, any => any.Text(2, name!.ToJsonString()));
        }

        if (schema["additionalProperties"] is JsonObject additional)
        {
            to.Message(21, item => item.Message(1, s => Schema(s, additional)));
        }

        if (schema["type"] is { } type)
        {
            to.Message(22, item => item.Text(1, type));
        }

        if (schema["items"] is JsonObject items)
        {
            to.Message(23, item => item.Message(1, s => Schema(s, items)));
        }

        if (schema["properties"] is JsonObject properties)
        {
            to.Message(25, p =>
            {
                foreach ((string name, JsonNode? property) in properties)
                {
                    p.Named(1, name, v => Schema(v, (JsonObject)property!));
                }
            });
        }

        Extensions(to, 31, schema);
    }

    private static void Extensions(Fields to, int number, JsonObject owner)
    {
        foreach ((string name, JsonNode? value) in owner.Where(p => p.Key.StartsWith("x-", StringComparison.Ordinal)))
        {
            to.Named(number, name, any => any.Text(2, value!.ToJsonString())); // JSON is YAML
        }
    }

    private static byte[] Message(Action<Fields> write)
    {
        using MemoryStream stream = new();
        using (CodedOutputStream output = new(stream, leaveOpen: true))
        {
            write(new Fields(output));
        }

        return stream.ToArray();
    }

    /// <summary>The fields of one message being written.</summary>
    private readonly struct Fields(CodedOutputStream output)
    {
        public void Text(int number, JsonNode? value)
        {
            if (value is not null)
            {
                Text(number, value.GetValue<string>());
            }
        }

        public void Text(int number, string value)
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
        }

        public void Flag(int number, bool value)
        {
            output.WriteTag(number, WireFormat.WireType.Varint);
            output.WriteBool(value);
        }

        public void Message(int number, Action<Fields> write)
        {
            byte[] bytes = GnosticWriter.Message(write);
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(UnsafeByteOperations.UnsafeWrap(bytes));
        }

        /// <summary>One of the Named… messages: name = 1, value = 2.</summary>
        public void Named(int number, string name, Action<Fields> write) => Message(number, pair =>
        {
            pair.Text(1, name);
            pair.Message(2, write);
        });
    }
}
