using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Weft.Node.Control;
using Weft.Node.Processes;
using Weft.Transport.Processes;

namespace Weft.Node.Pods;

/// <summary>What a proxy process is started with, made anew for each start: a token is used once.</summary>
internal sealed record ProxyStart(string Mode, Func<CancellationToken, Task<JsonObject>> Document)
{
    /// <summary>The pod's channel, or -1 for a proxy without an agent.</summary>
    public int PodChannel { get; init; } = -1;

    public string? Output { get; init; }
}

/// <summary>
/// Keeps one weft-proxy running: starts it again with backoff after any end, until told to drain. The pod's channel
/// stays open here meanwhile, so a new proxy gets the same listeners from the agent. When the running one asks for it, another
/// is started that takes its place without a connection lost.
/// </summary>
internal sealed class ProxyProcess(ProxyStart start, Action<PodEvent> happened)
{
    /// <summary>A proxy waits up to 5 s for what is under way (docs/options.md, drain), after the half second in which its callers hear of it.</summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(7);

    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(2);

    /// <summary>Longer than the running proxy waits for the next one: that is the one who decides.</summary>
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(35);

    private readonly Lock _gate = new();
    private readonly List<ProxyInstance> _alive = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ProxyInstance? _serving;
    private JsonObject? _document;
    private Task _restart = Task.CompletedTask;
    private bool _isOver;

    /// <summary>Runs until <paramref name="end"/>; by then every process is gone.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        await using CancellationTokenRegistration closing = end.Register(CloseAll);
        var backoff = new Backoff();
        while (!end.IsCancellationRequested)
        {
            long began = Environment.TickCount64;
            string why = await RunOnceAsync(end);
            if (end.IsCancellationRequested) { break; }
            TimeSpan pause = backoff.Next(TimeSpan.FromMilliseconds(Environment.TickCount64 - began));
            happened(new PodEvent(PodEventKind.ProxyExited, $"The proxy ended ({why}); it starts again in {pause.TotalSeconds:0.0} s."));
            try { await Task.Delay(pause, end); }
            catch (OperationCanceledException) { break; }
        }

        await EndAllAsync();
    }

    /// <summary>Asks it to take nothing new and waits until its callers have what they asked for, bounded.</summary>
    public async Task DrainAsync()
    {
        if (_serving is not { } serving) { return; }
        await serving.SendAsync("drain");
        await Task.WhenAny(_drained.Task, Task.Delay(DrainMax));
    }

    /// <summary>Until no process serves any more; says why.</summary>
    private async Task<string> RunOnceAsync(CancellationToken end)
    {
        ProxyInstance watched;
        try
        {
            _document = await start.Document(end);
            watched = Begin(_document, null);
        }
        catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException or IOException or SystemCallException or FileNotFoundException)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return "stopped";
        }

        _serving = watched;
        while (true)
        {
            await watched.Gone;
            ExitStatus exit = await watched.EndAsync(EndMax);
            Forget(watched);
            await RestartAsync();
            if (_serving == watched)
            {
                _serving = null;
                _drained.TrySetResult();
                return exit.ToString();
            }

            watched = _serving; // it was another one's turn already, or is since this one died
        }
    }

    private Task RestartAsync()
    {
        lock (_gate) { return _restart; }
    }

    private void BeginRestart(ProxyInstance old)
    {
        lock (_gate)
        {
            if (!_restart.IsCompleted) { _ = old.SendAsync("restart-failed", "a restart is under way already"); }
            else if (old == _serving && !_isOver) { _restart = Task.Run(() => ReplaceAsync(old)); }
        }
    }

    /// <summary>(1) a document, the last one's where the control plane does not answer (2) a socket between the two (3) the next process (4) it serves, or it ends.</summary>
    private async Task ReplaceAsync(ProxyInstance old)
    {
        ProxyInstance? next = null;
        string? failure;
        try
        {
            JsonObject document = await DocumentAsync();                                    // (1)
            var (oldEnd, newEnd) = Descriptor.MessagePair();                                // (2)
            using (oldEnd)
            using (newEnd)
            {
                failure = await old.HandOverAsync(oldEnd) ? null : "the running proxy has just ended";
                next = Begin(document, newEnd);                                             // (3)
            }

            await Task.WhenAny(next.Ready, next.Gone, Task.Delay(ReadyMax));
            if (next.Ready.IsCompletedSuccessfully)                                         // (4)
            {
                _serving = next;
                _ = WatchLeavingAsync(old);
                return;
            }
        }
        catch (Exception e) when (e is SystemCallException or FileNotFoundException or IOException)
        {
            failure = e.Message;
        }

        if (next is not null)
        {
            next.Dispose();
            ExitStatus exit = await next.EndAsync(EndMax);
            Forget(next);
            failure ??= $"the new process did not become ready ({exit}); its log says why";
        }

        await old.SendAsync("restart-failed", failure ?? "");
    }

    private async Task<JsonObject> DocumentAsync()
    {
        JsonObject last = _document ?? [];
        try { _document = await start.Document(CancellationToken.None); }
        catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException or IOException)
        {
            _document = (JsonObject)last.DeepClone(); // its token is used up; the new process has the identity that was saved
        }

        return _document;
    }

    /// <summary>The one before lives until its last client is served; nothing depends on its end but its memory.</summary>
    private async Task WatchLeavingAsync(ProxyInstance old)
    {
        await old.Gone;
        ExitStatus exit = await old.EndAsync(EndMax);
        Forget(old);
        if (exit.ShellCode != 0) { happened(new PodEvent(PodEventKind.Notice, $"The proxy that was replaced did not end as it should ({exit}).")); }
    }

    private ProxyInstance Begin(JsonObject document, SafeFileHandle? before)
    {
        ProxyInstance instance = ProxyInstance.Start(start, document, before, Received);
        lock (_gate)
        {
            _alive.Add(instance);
            if (_isOver) { instance.Dispose(); }
        }

        happened(new PodEvent(PodEventKind.ProxyStarted) { Pid = instance.Pid });
        return instance;
    }

    private void Forget(ProxyInstance instance)
    {
        lock (_gate) { _alive.Remove(instance); }
        instance.Dispose();
    }

    private void CloseAll()
    {
        lock (_gate)
        {
            _isOver = true;
            _alive.ForEach(static i => i.Dispose());
        }
    }

    private async Task EndAllAsync()
    {
        CloseAll();
        await RestartAsync();
        ProxyInstance[] alive;
        lock (_gate) { alive = [.. _alive]; }
        await Task.WhenAll(alive.Select(i => i.EndAsync(EndMax)));
    }

    private void Received(ProxyInstance instance, string name, JsonObject json)
    {
        switch (name)
        {
            case "ready":
                happened(new PodEvent(PodEventKind.ProxyReady) { InboundPort = Number(json, "inboundPort"), MetricsPort = Number(json, "metricsPort") });
                break;
            case "app-ready":
                happened(new PodEvent(PodEventKind.AppReady));
                break;
            case "notice":
                happened(new PodEvent(PodEventKind.Notice, (string?)json["text"] ?? ""));
                break;
            case "drained" when instance == _serving:
                _drained.TrySetResult();
                break;
            case "restart":
                BeginRestart(instance);
                break;
        }
    }

    private static int Number(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue(out int number) ? number : 0;
}
