using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Weft.World.DataPath;

namespace Weft.World.LifeCycle;

/// <summary>Clients that ask without a pause, until they are stopped; whatever is not a whole right answer is a failure. Owned by its test.</summary>
internal sealed class SteadyLoad(IPEndPoint address, string host) : IAsyncDisposable
{
    /// <summary>A gRPC message: not compressed, two bytes.</summary>
    private static readonly byte[] GrpcMessage = [0, 0, 0, 0, 2, 8, 1];

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly ConcurrentQueue<(long At, TaskCompletionSource Reached)> _awaited = new();
    private long _answers;

    internal ConcurrentQueue<string> Failures { get; } = new();

    internal long Answers => Interlocked.Read(ref _answers);

    /// <summary>HTTP/1.1, one connection as long as the server lets it live. Nothing is ever sent twice.</summary>
    internal SteadyLoad KeepAlive(int clients) => Run(clients, async () =>
    {
        using RawClient client = await RawClient.ConnectAsync(address);
        while (!_stop.IsCancellationRequested)
        {
            await client.SendAsync($"GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n");
            (string head, string body) = await client.ReadAnswerAsync();
            Check(head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) && body == LifeOrigin.Answer, head);
            if (head.Contains("connection: close", StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
        }
    });

    /// <summary>HTTP/1.1, a connection for each request.</summary>
    internal SteadyLoad NewConnections(int clients) => Run(clients, async () =>
    {
        using RawClient client = await RawClient.ConnectAsync(address);
        await client.SendAsync($"GET /hello HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        string head = await client.ReadHeadAsync();
        string body = await client.ReadToEndAsync();
        Check(head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) && body == LifeOrigin.Answer, head);
    });

    /// <summary>HTTP/2 with prior knowledge, requests side by side on shared connections.</summary>
    internal SteadyLoad Http2(int clients, HttpMessageInvoker invoker) => Run(clients, async () =>
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, "/hello");
        using HttpResponseMessage answer = await SendAsync(invoker, request);
        string body = await answer.Content.ReadAsStringAsync();
        Check(answer.StatusCode == HttpStatusCode.OK && body == LifeOrigin.Answer, $"{(int)answer.StatusCode} {body}");
    });

    internal SteadyLoad Grpc(int clients, HttpMessageInvoker invoker) => Run(clients, async () =>
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, "/echo.Echo/Say");
        request.Content = new ByteArrayContent(GrpcMessage);
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        using HttpResponseMessage answer = await SendAsync(invoker, request);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        string status = answer.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? said) ? string.Join(',', said) : "none";
        Check(answer.StatusCode == HttpStatusCode.OK && status == "0" && body.AsSpan().SequenceEqual(GrpcMessage), $"{(int)answer.StatusCode}, grpc-status {status}, {answer.Headers}");
    });

    /// <summary>Until so many more requests were answered.</summary>
    internal async Task ProgressAsync(int answers)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Enqueue((Answers + answers, reached));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Ends all clients; the failures, if any.</summary>
    internal async Task<IReadOnlyCollection<string>> StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(60));
        return Failures;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, $"http://{address}{path}") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = host;
        return request;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpMessageInvoker invoker, HttpRequestMessage request) =>
        invoker.SendAsync(request, CancellationToken.None).WaitAsync(PathKit.Patience);

    private SteadyLoad Run(int clients, Func<Task> turn)
    {
        for (int i = 0; i < clients; i++)
        {
            _running.Add(Task.Run(async () =>
            {
                while (!_stop.IsCancellationRequested)
                {
                    try
                    {
                        await turn();
                    }
                    catch (Exception e) // whatever it is, it is what a client would have seen
                    {
                        Failures.Enqueue(new StringBuilder().Append(e.GetType().Name).Append(": ").Append(e.Message).ToString());
                    }
                }
            }));
        }

        return this;
    }

    private void Check(bool isRight, string what)
    {
        if (!isRight)
        {
            Failures.Enqueue(what);
        }

        long answers = Interlocked.Increment(ref _answers);
        while (_awaited.TryPeek(out (long At, TaskCompletionSource Reached) first) && answers >= first.At && _awaited.TryDequeue(out first))
        {
            first.Reached.TrySetResult();
        }
    }
}
