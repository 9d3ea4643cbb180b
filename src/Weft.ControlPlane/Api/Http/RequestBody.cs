using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.ControlPlane.Api.Protobuf;
using Weft.Dialects.Reading;

namespace Weft.ControlPlane.Api.Http;

/// <summary>Reads the body of a request as JSON, from JSON, YAML or Kubernetes' protobuf.</summary>
internal static class RequestBody
{
    /// <summary>Longer bodies are answered 413. The largest definitions in use have half a megabyte.</summary>
    public const int BytesMax = 8 << 20;

    /// <summary>Kubernetes' own binary form, which `kubectl create` and typed Go clients send unless told otherwise.</summary>
    public const string Protobuf = "application/vnd.kubernetes.protobuf";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 100, AllowDuplicateProperties = false };

    public static async ValueTask<JsonObject> ReadObjectAsync(HttpContext context)
    {
        string type = MediaType(context);
        if (type == Protobuf)
        {
            return ParseProtobuf(await ReadBytesAsync(context));
        }

        if (type is not ("" or "application/json" or "application/yaml" or "application/merge-patch+json"))
        {
            throw Refusals.UnsupportedMedia(type);
        }

        byte[] bytes = await ReadBytesAsync(context);
        return (type == "application/yaml" ? ParseYaml(bytes) : ParseJson(bytes) as JsonObject)
            ?? throw Refusals.BadRequest("the body must be one resource: an object with apiVersion, kind and metadata");
    }

    /// <summary>Null when the request has none.</summary>
    public static async ValueTask<JsonObject?> ReadOptionalObjectAsync(HttpContext context) =>
        await ReadBytesAsync(context) is { Length: > 0 } bytes ? MediaType(context) == Protobuf ? ParseProtobuf(bytes) : ParseJson(bytes) as JsonObject : null;

    public static async ValueTask<(PatchKind, JsonNode?)> ReadPatchAsync(HttpContext context)
    {
        PatchKind kind = MediaType(context) switch
        {
            "application/json-patch+json" => PatchKind.Json,
            "application/merge-patch+json" => PatchKind.Merge,
            "application/strategic-merge-patch+json" => PatchKind.Strategic,
            "application/apply-patch+yaml" or "application/apply-patch+json" => PatchKind.Apply,
            var other => throw Refusals.UnsupportedMedia(other),
        };
        byte[] bytes = await ReadBytesAsync(context);
        return (kind, kind == PatchKind.Apply ? ParseYaml(bytes) : ParseJson(bytes));
    }

    public static string MediaType(HttpContext context) => (context.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    private static async ValueTask<byte[]> ReadBytesAsync(HttpContext context)
    {
        if (context.Request.ContentLength > BytesMax)
        {
            throw Refusals.TooLarge(BytesMax); // in our words, before any of it was read
        }

        using MemoryStream buffer = new();
        byte[] block = new byte[16 << 10];
        for (int read; (read = await context.Request.Body.ReadAsync(block, context.RequestAborted)) > 0;)
        {
            if (buffer.Length + read > BytesMax)
            {
                throw Refusals.TooLarge(BytesMax);
            }

            buffer.Write(block, 0, read);
        }

        return buffer.ToArray();
    }

    private static JsonObject ParseProtobuf(byte[] bytes)
    {
        try
        {
            return ProtobufReader.Read(bytes, out string kind) ?? throw new ApiRefusedException(415, "UnsupportedMediaType",
                $"{(kind.Length > 0 ? kind : "this")} is read as JSON or YAML, not as protobuf: pipe `kubectl create … --dry-run=client -o yaml` into `kubectl apply -f -`, or set the client's content type to application/json");
        }
        catch (InvalidDataException e)
        {
            throw Refusals.BadRequest($"the body is not Kubernetes' protobuf: {e.Message}");
        }
    }

    private static JsonNode? ParseJson(byte[] bytes)
    {
        try
        {
            return JsonNode.Parse(bytes, documentOptions: Strict);
        }
        catch (JsonException e)
        {
            throw Refusals.BadRequest($"the body is not JSON: {e.Message}");
        }
    }

    private static JsonObject ParseYaml(byte[] bytes)
    {
        ReadResult read = ResourceReader.ReadText(Encoding.UTF8.GetString(bytes), "body");
        return read is { Problems: [], Resources: [var one] } ? one.Json
            : throw Refusals.BadRequest(read.Problems.Count > 0 ? $"the body is not YAML of one resource: {read.Problems[0].Message}" : "the body must hold one resource");
    }
}
