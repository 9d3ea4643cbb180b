using System.Text;
using System.Text.Json;
using Weft.Transport;

namespace Weft.Proxy.Admin;

/// <summary>One request to the admin endpoint: method, path and query; bodies are not taken.</summary>
internal sealed record AdminRequest(string Method, string Path, string Query)
{
    /// <summary>Null: the query does not name it.</summary>
    public string? Parameter(string name)
    {
        foreach (string pair in Query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if ((equals < 0 ? pair : pair[..equals]) == name)
            {
                return equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
            }
        }

        return null;
    }
}

/// <summary>A whole answer, or a stream of lines that lasts until either side ends it.</summary>
internal sealed record AdminAnswer(int Status, string ContentType, byte[] Body, Func<LoopConnection, LoopTask>? Stream = null)
{
    public static AdminAnswer Text(int status, string text) => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static AdminAnswer Json(Action<Utf8JsonWriter> write)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { Indented = true }))
        {
            write(json);
        }

        body.WriteByte((byte)'\n');
        return new AdminAnswer(200, "application/json", body.ToArray());
    }

    public static AdminAnswer Lines(Func<LoopConnection, LoopTask> stream) => new(200, "application/x-ndjson", [], stream);
}
