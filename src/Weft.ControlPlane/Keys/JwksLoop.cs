using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Workloads;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.ControlPlane.Keys;

/// <summary>Fetches the keys that RequestAuthentications only point to: when a rule is new, then again and again. One loop; sources do not wait for each other.</summary>
internal sealed class JwksLoop(JwksBook book, JwksFetcher fetcher, MeshFeed feed, JwksOptions options, TimeProvider time, ILogger<JwksLoop> logger) : BackgroundService
{
    private readonly Dictionary<JwksSource, CancellationTokenSource> _running = [];
    private readonly Lock _gate = new();

    /// <summary>What rules of a snapshot have to be fetched for.</summary>
    internal static IEnumerable<JwksSource> Sources(ResourceSnapshot snapshot) =>
        snapshot.OfKind(IstioKinds.Security, "RequestAuthentication").SelectMany(JwtReader.Sources).Distinct();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changed = new ChangeSignal(feed);
        await feed.WhenLoadedAsync(stoppingToken);
        do
        {
            Follow([.. Sources(feed.Current.Resources)], stoppingToken);
        }
        while (await changed.WaitAsync(stoppingToken));
    }

    private void Follow(HashSet<JwksSource> wanted, CancellationToken ct)
    {
        foreach ((JwksSource gone, CancellationTokenSource stop) in _running.Where(r => !wanted.Contains(r.Key)).ToArray())
        {
            stop.Cancel();
            stop.Dispose();
            _running.Remove(gone);
        }

        lock (_gate)
        {
            book.Only(wanted);
        }

        foreach (JwksSource source in wanted.Where(s => !_running.ContainsKey(s)))
        {
            if (_running.Count >= JwksOptions.SourcesMax)
            {
                JwksLog.TooMany(logger, JwksOptions.SourcesMax, source.Uri);
                return;
            }

            var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            _running.Add(source, stop);
            _ = RefreshAsync(source, stop.Token);
        }
    }

    /// <summary>Ends by cancellation only.</summary>
    private async Task RefreshAsync(JwksSource source, CancellationToken ct)
    {
        int failures = 0;
        try
        {
            while (true)
            {
                FetchedKeys fetched = await FetchAsync(source, ct);
                ct.ThrowIfCancellationRequested();
                failures = fetched.Problem.Length > 0 ? failures + 1 : 0;
                TimeSpan pause = Pause(failures, Random.Shared.NextDouble());
                Tell(source, fetched, pause);
                lock (_gate)
                {
                    book.Take(source, fetched);
                }

                await Task.Delay(pause, time, ct);
            }
        }
        catch (OperationCanceledException)
        {
            // The rule is gone, or the control plane stops.
        }
    }

    private async Task<FetchedKeys> FetchAsync(JwksSource source, CancellationToken ct)
    {
        try
        {
            return await fetcher.FetchAsync(source, ct);
        }
        catch (Exception error) when (error is not OperationCanceledException and not OutOfMemoryException)
        {
            // A supervisor's catch: what one issuer's server does to the fetcher must not end the refreshing of its keys.
            return new FetchedKeys("", error.Message);
        }
    }

    private void Tell(JwksSource source, FetchedKeys fetched, TimeSpan pause)
    {
        if (fetched.Problem.Length > 0)
        {
            JwksLog.Failed(logger, source.Uri, fetched.Problem, pause.TotalSeconds);
        }
        else if (fetched.Jwks != book.Current.Find(source)?.Jwks)
        {
            JwksLog.Fetched(logger, source.Uri);
        }
    }

    /// <summary>From nine tenths of the interval to all of it, so that control planes that started together do not ask together.</summary>
    private TimeSpan Pause(int failures, double draw)
    {
        TimeSpan whole = failures == 0 ? options.Refresh : TimeSpan.FromTicks(Math.Min(options.Retry.Ticks << Math.Min(failures - 1, 16), options.RetryMax.Ticks));
        return whole * (0.9 + (draw / 10));
    }
}
