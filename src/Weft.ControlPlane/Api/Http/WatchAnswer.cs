using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.Resources;

namespace Weft.ControlPlane.Api.Http;

/// <summary>
/// Answers one watch: a line of JSON per change, bookmarks in between, an ERROR line when the client fell too far behind.
/// One per request.
/// </summary>
internal sealed class WatchAnswer(HttpContext context, ListQuery query, ResourceForm form, IResourceStore store, TimeProvider time) : IDisposable
{
    /// <summary>Without timeoutSeconds a watch ends after this; the client comes again.</summary>
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _line = new(1);
    private Task<bool>? _first;
    private long _seen;

    public void Dispose() => _line.Dispose();

    public async Task RunAsync()
    {
        IQueryCollection asked = context.Request.Query;
        ResourceSnapshot start = store.Snapshot();
        bool initial = asked["resourceVersion"].ToString() is "" or "0" || asked["sendInitialEvents"] == "true";
        _seen = initial ? start.Revision
            : long.TryParse(asked["resourceVersion"], NumberStyles.None, CultureInfo.InvariantCulture, out long from) ? from
            : throw Refusals.BadRequest($"resourceVersion \"{asked["resourceVersion"]}\" is not one this server gave: list first");
        TimeSpan timeout = int.TryParse(asked["timeoutSeconds"], out int seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : TimeoutDefault;
        bool bookmarks = asked["allowWatchBookmarks"] == "true";

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using ITimer over = time.CreateTimer(_ => end.Cancel(), null, timeout, Timeout.InfiniteTimeSpan);
        await using IAsyncEnumerator<ResourceEvent> events = store.WatchAsync(_seen, end.Token).GetAsyncEnumerator(end.Token);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache, private";
        if (!initial && await FirstIsGoneAsync(events, end.Token) is { } gone)
        {
            throw gone;
        }

        await context.Response.StartAsync(end.Token);
        await context.Response.Body.FlushAsync(end.Token);
        if (initial)
        {
            await SendInitialAsync(start, asked["sendInitialEvents"] == "true", end.Token);
        }

        await FollowAsync(events, bookmarks, end.Token);
    }

    /// <summary>A start that the store no longer keeps is refused with 410 while an answer is still possible.</summary>
    private async ValueTask<ApiRefusedException?> FirstIsGoneAsync(IAsyncEnumerator<ResourceEvent> events, CancellationToken ct)
    {
        try
        {
            _first = events.MoveNextAsync().AsTask();
            if (_first.IsCompleted)
            {
                await _first;
            }

            return null;
        }
        catch (RevisionGoneException e)
        {
            return Refusals.Gone($"too old resource version: {e.Message}");
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task FollowAsync(IAsyncEnumerator<ResourceEvent> events, bool bookmarks, CancellationToken ct)
    {
        using ITimer? tick = bookmarks ? time.CreateTimer(_ => _ = BookmarkAsync(false, ct), null, BookmarkInterval, BookmarkInterval) : null;
        try
        {
            while (await (_first ?? events.MoveNextAsync().AsTask()))
            {
                _first = null;
                ResourceEvent e = events.Current;
                await SendAsync(e, ct);
                Volatile.Write(ref _seen, e.Revision);
            }
        }
        catch (RevisionGoneException e)
        {
            await LineAsync("ERROR", writer => Refusals.Gone($"too old resource version: {e.Message}").ToStatus().WriteTo(writer), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The time is over or the client is gone; a client that stays gets a last bookmark to go on from.
            if (bookmarks && !context.RequestAborted.IsCancellationRequested)
            {
                await BookmarkAsync(false, context.RequestAborted);
            }
        }
    }

    private async Task SendInitialAsync(ResourceSnapshot start, bool endMark, CancellationToken ct)
    {
        foreach (Resource resource in start.OfKind(query.Type.Group, query.Type.Kind).Where(query.Matches))
        {
            await LineAsync("ADDED", writer => form.WriteOne(writer, resource, query.Type, query.Version, start), ct);
        }

        if (endMark)
        {
            await BookmarkAsync(true, ct);
        }
    }

    private async ValueTask SendAsync(ResourceEvent e, CancellationToken ct)
    {
        bool before = e.Kind != ResourceEventKind.Added && (e.Previous is null ? e.Kind == ResourceEventKind.Modified || query.Matches(e.Resource) : query.Matches(e.Previous));
        bool after = e.Kind != ResourceEventKind.Deleted && query.Matches(e.Resource);
        string? type = (before && query.Type.Kind == e.Resource.Kind && query.Type.Group == e.Resource.Group, after) switch
        {
            (true, true) => "MODIFIED",
            (false, true) => "ADDED",
            (true, false) => "DELETED",
            _ => null,
        };
        if (type is not null)
        {
            await LineAsync(type, writer => form.WriteOne(writer, e.Resource, query.Type, query.Version, store.Snapshot()), ct);
        }
    }

    private async Task BookmarkAsync(bool initialEnd, CancellationToken ct)
    {
        JsonObject metadata = new() { ["resourceVersion"] = Volatile.Read(ref _seen).ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        if (initialEnd)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }

        JsonObject mark = form.IsTable
            ? new JsonObject { ["kind"] = "Table", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = metadata, ["columnDefinitions"] = new JsonArray(), ["rows"] = new JsonArray() }
            : new JsonObject { ["kind"] = query.Type.Kind, ["apiVersion"] = query.Type.ApiVersionOf(query.Version), ["metadata"] = metadata };
        try
        {
            await LineAsync("BOOKMARK", writer => mark.WriteTo(writer), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Called by a timer as well: the watch just ended.
        }
    }

    /// <summary>Lines come from the watch and from the bookmark timer; one at a time.</summary>
    private async Task LineAsync(string type, Action<Utf8JsonWriter> writeObject, CancellationToken ct)
    {
        byte[] line = Answer.Encode(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WritePropertyName("object");
            writeObject(writer);
            writer.WriteEndObject();
        });
        await _line.WaitAsync(ct);
        try
        {
            await context.Response.Body.WriteAsync(line, ct);
            await context.Response.Body.WriteAsync("\n"u8.ToArray(), ct);
            await context.Response.Body.FlushAsync(ct);
        }
        finally
        {
            _line.Release();
        }
    }
}
