using System.Collections.Concurrent;
using Weft.Model.V1;

namespace Weft.World.DataPath.Backends;

/// <summary>An application whose requests are answered when the test says so.</summary>
internal sealed class GatedOrigin : IDisposable
{
    private readonly RawOrigin _origin;
    private readonly SemaphoreSlim _answers = new(0);
    private readonly ConcurrentQueue<string> _seen = new();
    private int _underWay;
    private int _underWayMost;

    internal GatedOrigin() => _origin = new RawOrigin(ServeAsync);

    internal int Port => _origin.Port;

    /// <summary>Paths in the order in which they arrived.</summary>
    internal string[] Seen => [.. _seen];

    internal int UnderWayMost => _underWayMost;

    internal Endpoint Endpoint => new() { Address = "127.0.0.1", Port = (uint)Port };

    /// <summary>Lets so many requests be answered.</summary>
    internal void Answer(int requests) => _answers.Release(requests);

    internal void WaitFor(int requests) => Assert.True(SpinWait.SpinUntil(() => _seen.Count >= requests, PathKit.Patience), $"{_seen.Count} of {requests} requests came");

    public void Dispose()
    {
        _answers.Release(1_000);
        _origin.Dispose();
    }

    private async Task ServeAsync(OriginConnection connection)
    {
        while (await connection.ReadHeadAsync() is { } head)
        {
            _underWayMost = Math.Max(_underWayMost, Interlocked.Increment(ref _underWay));
            _seen.Enqueue(head.Split(' ')[1]);
            await _answers.WaitAsync();
            Interlocked.Decrement(ref _underWay);
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    }
}
