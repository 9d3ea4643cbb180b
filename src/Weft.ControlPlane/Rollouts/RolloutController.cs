using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Compile;
using Weft.ControlPlane.Distribute;
using Weft.Resources;

namespace Weft.ControlPlane.Rollouts;

/// <summary>Where rollouts see what their canary's requests look like.</summary>
internal interface IRolloutSignals
{
    /// <param name="version">Empty: whoever serves the host.</param>
    RolloutSignals Of(string host, string version, TimeSpan window);
}

/// <summary>
/// Moves traffic to a new version step by step, as long as its success rate and latency hold, and back when they do not. Its memory is
/// the Rollout's status. One loop that looks at every rollout each second.
/// </summary>
internal sealed class RolloutController(
    IResourceStore store, MeshFeed feed, IRolloutSignals signals, CompileOptions options, TimeProvider time, ILogger<RolloutController> logger) : BackgroundService
{
    /// <summary>Numbers alone are written no more often; steps are written at once.</summary>
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(5);

    private static readonly WriteOrigin Origin = new("system:weft:rollouts", "weft-control");
    private readonly Dictionary<ResourceKey, DateTimeOffset> _written = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await feed.WhenLoadedAsync(stoppingToken);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        do
        {
            await ReconcileAsync(store.Snapshot(), stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task ReconcileAsync(ResourceSnapshot snapshot, CancellationToken ct)
    {
        foreach (Resource rollout in snapshot.OfKind("weft.dev", "Rollout"))
        {
            await ReconcileAsync(rollout, snapshot, ct);
        }
    }

    private async Task ReconcileAsync(Resource rollout, ResourceSnapshot snapshot, CancellationToken ct)
    {
        RolloutConfig config = RolloutConfig.Of(rollout);
        string group = config.TargetKind == "VirtualService" ? "networking.istio.io" : "gateway.networking.k8s.io";
        RolloutProgress? progress = RolloutProgress.Read(rollout.Status);
        if (snapshot.Find(new ResourceKey(group, config.TargetKind, rollout.Namespace, config.TargetName)) is not { } target)
        {
            await SayAsync(rollout, $"{config.TargetKind} {config.TargetName} does not exist.", ct);
            return;
        }

        string host = RolloutWeights.Set(target, config, 0, options.ClusterDomain).Host;
        if (host.Length == 0)
        {
            await SayAsync(rollout, $"No rule of {config.TargetKind} {config.TargetName} has both versions.", ct);
            return;
        }

        DateTimeOffset now = time.GetUtcNow();
        RolloutSignals seen = progress is null ? default : signals.Of(host, config.Canary.Name, now - progress.Since);
        RolloutProgress next = RolloutDecision.Next(config, rollout.Generation, progress, seen, now);
        if (next.Phase is RolloutPhase.Progressing || next.Phase != progress?.Phase)
        {
            RolloutWeights weights = RolloutWeights.Set(target, config, next.WeightOf(config), options.ClusterDomain);
            if (weights.IsChanged && (await store.PutAsync(weights.Target, target.Revision, Origin, ct)).Status is not (WriteStatus.Written or WriteStatus.Unchanged))
            {
                return; // somebody wrote it meanwhile; the step comes round again
            }
        }

        bool isStep = progress is null || next.History.Length != progress.History.Length || next.Message != progress.Message || next.Phase != progress.Phase || next.Since != progress.Since;
        if (isStep)
        {
            RolloutsLog.Stepped(logger, rollout.Namespace, rollout.Name, next.Phase.ToString(), next.WeightOf(config), next.Message);
        }

        if (isStep || (next.Phase is RolloutPhase.Progressing && now - _written.GetValueOrDefault(rollout.Key) >= StatusEvery))
        {
            await WriteStatusAsync(rollout, next.ToStatus(config, seen), ct);
        }
    }

    private async Task SayAsync(Resource rollout, string message, CancellationToken ct)
    {
        if (rollout.Status?["message"]?.ToString() != message)
        {
            JsonObject status = rollout.Status is { } known ? (JsonObject)known.DeepClone() : [];
            status["message"] = message;
            await WriteStatusAsync(rollout, status, ct);
        }
    }

    private async Task WriteStatusAsync(Resource rollout, JsonObject status, CancellationToken ct)
    {
        Resource copy = rollout.Clone();
        copy.Json["status"] = status;
        _written[rollout.Key] = time.GetUtcNow();
        await store.PutAsync(new Resource(copy.Json), rollout.Revision, Origin, ct); // a conflict means a newer version, which comes round again
    }
}
