using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Protocol.Discovery.V1;
using Weft.Telemetry.Logging;

namespace Weft.Proxy.Control;

/// <summary>Joins subscriptions, applier and saved state: what to ask for, what came, what is kept. Control loop only.</summary>
internal sealed class MeshFeed
{
    /// <summary>Refusals of one response that are told one by one.</summary>
    private const int ErrorsToldMax = 8;

    private readonly StateApplier _applier;
    private readonly SavedResources? _saved;
    private readonly EventLog _log;
    private string? _lastProblem;

    public MeshFeed(StateApplier applier, Subscriptions subscriptions, SavedResources? saved, EventLog log)
    {
        _applier = applier;
        _saved = saved;
        _log = log;
        Subscriptions = subscriptions;
        Refusals = new RefusalBook();
        applier.Ask = (type, name) => Ask(type, name);
    }

    public Subscriptions Subscriptions { get; }

    public RefusalBook Refusals { get; }

    /// <summary>False once another process keeps the saved state.</summary>
    public bool IsSaving { get; set; } = true;

    public long Applied { get; private set; }

    public long Refused { get; private set; }

    /// <summary>Called when a name was added that the open stream does not know yet.</summary>
    public Action Asked { get; set; } = static () => { };

    public void Ask(string type, string name)
    {
        if (Subscriptions.Add(type, name))
        {
            Asked();
        }
    }

    /// <summary>Takes over what was saved. False: there was nothing to serve from.</summary>
    public bool Restore()
    {
        if (_saved is null)
        {
            return false;
        }

        IReadOnlyDictionary<string, ResourceDelta> saved = _saved.Load();
        foreach (string type in ResourceTypes.InOrder.Where(t => t != ResourceTypes.Tap))
        {
            if (saved.TryGetValue(type, out ResourceDelta? delta))
            {
                RestoreType(delta);
            }
        }

        return saved.ContainsKey(ResourceTypes.Workload);
    }

    /// <summary>Compiles and swaps in; null, or the refusal to send back of what could not be: only that keeps its last good model.</summary>
    public string? Take(DeltaResponse response)
    {
        if (TryTake(response) is null)
        {
            return null;
        }

        // The control plane does not send again what it has sent: what else is in this response must not be lost with what is bad in it.
        string[] errors = [.. PartsOf(response).Select(TakePart).OfType<string>().Distinct()];
        Refused++;
        string error = string.Join("; ", errors.Take(ErrorsToldMax)) + (errors.Length > ErrorsToldMax ? $"; and {errors.Length - ErrorsToldMax} more" : "");
        _log.Write(ControlLog.ConfigRefused, $"{response.Type}: {error}; the last good configuration stays in force");
        return error;
    }

    private static IEnumerable<DeltaResponse> PartsOf(DeltaResponse response)
    {
        foreach (Resource resource in response.Resources)
        {
            yield return new DeltaResponse { Type = response.Type, Resources = { resource } };
        }

        yield return new DeltaResponse { Type = response.Type, Removed = { response.Removed }, Missing = { response.Missing } };
    }

    private string? TakePart(DeltaResponse part)
    {
        string? error = TryTake(part);
        if (error is not null)
        {
            Refusals.Refuse(part.Type, part.Resources[0].Name, error);
        }

        return error;
    }

    /// <summary>All of it, or nothing and why.</summary>
    private string? TryTake(DeltaResponse response)
    {
        var delta = new ResourceDelta(
            response.Type,
            [.. response.Resources.Select(r => new ResourceUpdate(r.Name, r.Version, r.Value?.Value ?? Google.Protobuf.ByteString.Empty))],
            response.Removed,
            response.Missing);
        ApplyResult result = _applier.Apply(delta);
        if (result.Error is not null)
        {
            return result.Error;
        }

        Applied += response.Resources.Count;
        Remember(delta, result);
        if (response.Type != ResourceTypes.Tap && IsSaving)
        {
            _saved?.Save(response);
            ReportProblem();
        }

        return null;
    }

    private void RestoreType(ResourceDelta delta)
    {
        // One by one: a resource that this version can no longer read must not cost the others.
        foreach (ResourceUpdate update in delta.Updates)
        {
            var one = new ResourceDelta(delta.Type, [update], [], []);
            ApplyResult result = _applier.Apply(one);
            if (result.Error is { } error)
            {
                _log.Write(ControlLog.ConfigRefused, $"saved {delta.Type} {update.Name}: {error}");
                continue;
            }

            Remember(one, result);
            if (delta.Type is not (ResourceTypes.Frontend or ResourceTypes.Workload))
            {
                Subscriptions.Add(delta.Type, _applier.SharedName(update.Name));
            }
        }
    }

    private void Remember(ResourceDelta delta, ApplyResult result)
    {
        foreach (ResourceUpdate update in delta.Updates)
        {
            Subscriptions.Held(delta.Type, _applier.SharedName(update.Name), update.Version);
            Refusals.Forget(delta.Type, update.Name);
        }

        foreach (PartlyTaken note in result.Notes)
        {
            Refusals.TakePartly(delta.Type, note.Name, note.Problem);
            _log.Write(ControlLog.ConfigPartly, note.Problem);
        }

        foreach (string name in delta.Removed.Concat(delta.Missing))
        {
            Subscriptions.Dropped(delta.Type, name);
            Refusals.Forget(delta.Type, name);
        }
    }

    private void ReportProblem()
    {
        if (_saved?.Problem is { } problem && problem != _lastProblem)
        {
            _log.Write(ControlLog.StateNotSaved, $"{problem}; a restart without a control plane would miss the latest configuration");
        }

        _lastProblem = _saved?.Problem;
    }
}
