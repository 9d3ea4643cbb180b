using System.Text;
using System.Text.Json.Nodes;
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
/// stays open here meanwhile, so a new proxy gets the same listeners from the agent.
/// </summary>
internal sealed class ProxyProcess(ProxyStart start, Action<PodEvent> happened)
{
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile SupervisedLine? _line;

    /// <summary>Runs until <paramref name="end"/>; by then the process is gone.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        var backoff = new Backoff();
        while (!end.IsCancellationRequested)
        {
            long began = Environment.TickCount64;
            string why = await RunOnceAsync(end);
            if (end.IsCancellationRequested) { return; }
            TimeSpan pause = backoff.Next(TimeSpan.FromMilliseconds(Environment.TickCount64 - began));
            happened(new PodEvent(PodEventKind.ProxyExited, $"The proxy ended ({why}); it starts again in {pause.TotalSeconds:0.0} s."));
            try { await Task.Delay(pause, end); }
            catch (OperationCanceledException) { return; }
        }
    }

    /// <summary>Asks it to take nothing new and waits until its callers know, bounded.</summary>
    public async Task DrainAsync()
    {
        if (_line is not { } line) { return; }
        await line.SendAsync("drain");
        await Task.WhenAny(_drained.Task, Task.Delay(DrainMax));
    }

    private async Task<string> RunOnceAsync(CancellationToken end)
    {
        JsonObject document;
        try
        {
            document = await start.Document(end);
        }
        catch (Exception e) when (e is Control.ControlPlaneUnreachableException or Control.ControlPlaneRefusedException or IOException)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return "stopped";
        }

        ChildProcess child;
        var (ours, theirs) = Descriptor.StreamPair();
        using (theirs)
        {
            using var line = new SupervisedLine(ours);
            try { child = Spawn(document, (int)theirs.DangerousGetHandle()); }
            catch (Exception e) when (e is SystemCallException or FileNotFoundException) { return e.Message; }
            theirs.Dispose();
            happened(new PodEvent(PodEventKind.ProxyStarted) { Pid = child.Pid });
            _line = line;
            using CancellationTokenRegistration closing = end.Register(line.Dispose); // end-of-file is how a child learns that it is over
            Task reading = line.ReadAsync(Received, end);
            await Task.WhenAny(child.Exited, reading);
            ExitStatus exit = await child.EndAsync(EndMax);
            _line = null;
            _drained.TrySetResult();
            return exit.ToString();
        }
    }

    private ChildProcess Spawn(JsonObject document, int supervisor)
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        using (write)
        using (FileStream? output = start.Output is { } file ? new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite) : null)
        using (FileStream nothing = File.OpenRead("/dev/null"))
        {
            // 3 supervisor, 4 the pod's channel or (without one) the document, then the document.
            int documentFd = start.PodChannel >= 0 ? 5 : 4;
            int[] descriptors = start.PodChannel >= 0
                ? [supervisor, start.PodChannel, (int)read.DangerousGetHandle()]
                : [supervisor, (int)read.DangerousGetHandle()];
            int log = output is null ? -1 : (int)output.SafeFileHandle.DangerousGetHandle();
            ChildProcess child = ChildProcess.Start(new SpawnRequest(Binaries.Proxy, [start.Mode, "--bootstrap-fd", documentFd.ToString()])
            {
                Descriptors = descriptors,
                StandardInput = (int)nothing.SafeFileHandle.DangerousGetHandle(),
                StandardOutput = log,
                StandardError = log,
                Group = SpawnGroup.Session,
            });
            read.Dispose();
            Descriptor.Write((int)write.DangerousGetHandle(), Encoding.UTF8.GetBytes(document.ToJsonString())); // far below the pipe's 64 KiB
            return child;
        }
    }

    private void Received(string name, JsonObject json)
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
            case "drained":
                _drained.TrySetResult();
                break;
        }
    }

    private static int Number(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue(out int number) ? number : 0;
}
