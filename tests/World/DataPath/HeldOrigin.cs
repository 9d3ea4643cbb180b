using System.Collections.Concurrent;

namespace Weft.World.DataPath;

/// <summary>An origin that takes one request per connection and answers when the test says so, and says when a request came and when its connection was taken away.</summary>
internal sealed class HeldOrigin : IDisposable
{
    private readonly RawOrigin _origin;

    internal HeldOrigin() => _origin = new RawOrigin(ServeAsync);

    internal int Port => _origin.Port;

    /// <summary>Heads and bodies as they came.</summary>
    internal ConcurrentQueue<string> Requests { get; } = new();

    internal TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The connection of a request that was not answered has ended.</summary>
    internal TaskCompletionSource Left { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What to say, to every request; empty: reset the connection. See <see cref="Say"/>.</summary>
    internal TaskCompletionSource<string> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal static string Say(string status, string body) => $"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    public void Dispose() => _origin.Dispose();

    private async Task ServeAsync(OriginConnection connection)
    {
        if (await connection.ReadHeadAsync() is not { } head)
        {
            return;
        }

        string length = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)) ?? "content-length: 0";
        string body = await connection.ReadAsync(int.Parse(length.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture));
        Requests.Enqueue($"{head}\r\n\r\n{body}");
        Asked.TrySetResult();
        Task<string> end = EndAsync(connection);
        if (await Task.WhenAny(Answer.Task, end) == end)
        {
            Left.TrySetResult();
            return;
        }

        string answer = await Answer.Task;
        if (answer.Length == 0)
        {
            connection.Reset();
            return;
        }

        await connection.SendAsync(answer);
    }

    private static async Task<string> EndAsync(OriginConnection connection)
    {
        try
        {
            return await connection.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "reset";
        }
    }
}
