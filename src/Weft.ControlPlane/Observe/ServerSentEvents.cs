using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Weft.ControlPlane.Observe;

/// <summary>A stream of JSON values to one watcher (HTML Living Standard §9.2, server-sent events).</summary>
internal sealed class ServerSentEvents(HttpContext http)
{
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    public Task BeginAsync()
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return http.Response.StartAsync(http.RequestAborted);
    }

    public async Task SendAsync(string name, JsonNode value)
    {
        await http.Response.WriteAsync($"event: {name}\ndata: {value.ToJsonString()}\n\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    /// <summary>Says nothing, but shows that the watcher is still there.</summary>
    public async Task KeepAliveAsync()
    {
        await http.Response.Body.WriteAsync(Comment, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
