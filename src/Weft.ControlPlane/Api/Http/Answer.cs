using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.Resources;

namespace Weft.ControlPlane.Api.Http;

/// <summary>Writes answers of the resource API.</summary>
internal static class Answer
{
    /// <summary>Warnings of one answer; kubectl prints each.</summary>
    private const int WarningsMax = 30;

    private const int WarningLengthMax = 500;

    private static readonly JsonWriterOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task ResourceAsync(HttpContext context, int status, Resource resource, string apiVersion) =>
        BytesAsync(context, status, Encode(writer => ServedJson.Write(writer, resource, apiVersion)));

    public static Task JsonAsync(HttpContext context, int status, JsonNode json) => BytesAsync(context, status, Encode(writer => json.WriteTo(writer)));

    public static Task RefusalAsync(HttpContext context, ApiRefusedException refusal) =>
        context.Response.HasStarted ? Task.CompletedTask : JsonAsync(context, refusal.Code, refusal.ToStatus());

    public static async Task BytesAsync(HttpContext context, int status, ReadOnlyMemory<byte> bytes, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        context.Response.Headers.CacheControl = "no-cache, private";
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    public static byte[] Encode(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, Compact))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    /// <summary>RFC 7234 §5.5 as Kubernetes uses it: code 299, agent "-", the text quoted.</summary>
    public static void Warn(HttpContext context, IEnumerable<string> warnings)
    {
        foreach (string warning in warnings.Distinct().Take(WarningsMax))
        {
            string line = new([.. warning.Where(c => c is >= ' ' and <= '~').Take(WarningLengthMax)]);
            context.Response.Headers.Append("Warning", $"299 - \"{line.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }
    }
}
