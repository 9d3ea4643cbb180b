using System.Text.Json.Nodes;
using Weft.Node.Processes;
using Weft.Primitives;
using Weft.Transport.Processes;

namespace Weft.Node.Pods;

/// <summary>What a runner needs from outside the pod.</summary>
/// <param name="Token">A fresh single-use token for the pod's proxy.</param>
/// <param name="Mesh">Where discovery is now; it may move when the control plane restarts.</param>
public sealed record PodServices(WeftHome Home, Func<PodPlan, CancellationToken, Task<string>> Token, Func<MeshEndpoint> Mesh);

/// <summary>
/// Runs one pod: agent, application and proxy, each started again when it ends, in the order of the design's life cycle
/// when the pod ends. One per pod; <see cref="RunAsync"/> is its one loop.
/// </summary>
public sealed class PodRunner(PodPlan asked, PodServices services, Action<PodEvent> happened)
{
    /// <summary>Between SIGTERM and SIGKILL for the application (Kubernetes waits 30 s; nobody waits that long at a terminal).</summary>
    public static readonly TimeSpan AppGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ProxyStartMax = TimeSpan.FromSeconds(10);

    private readonly PodPlan _plan = asked.Mode == PodMode.Explicit ? ExplicitMode.Prepare(asked) : asked;

    /// <summary>
    /// Runs until <paramref name="stop"/> (then in order: deregister, drain, SIGTERM, end), or, with
    /// <paramref name="once"/>, until the application ends. Returns how the application ended last.
    /// </summary>
    public async Task<ExitStatus> RunAsync(bool once, CancellationToken stop)
    {
        var files = new PodFiles(services.Home, _plan.Namespace, _plan.Name);
        var backoff = new Backoff();
        ExitStatus last = default;
        try
        {
            while (true)
            {
                long began = Environment.TickCount64;
                try
                {
                    (last, bool over) = await RunPodAsync(files, once, stop);
                    if (over) { return last; }
                }
                catch (Exception e) when (e is IOException or SystemCallException or FileNotFoundException && !once)
                {
                    happened(new PodEvent(PodEventKind.Failed, e.Message));
                }

                try { await Task.Delay(backoff.Next(TimeSpan.FromMilliseconds(Environment.TickCount64 - began)), stop); }
                catch (OperationCanceledException) { return last; }
            }
        }
        finally
        {
            files.Delete();
        }
    }

    /// <summary>One life of the namespaces. Over: the pod is to end; otherwise it is made again.</summary>
    private async Task<(ExitStatus Last, bool Over)> RunPodAsync(PodFiles files, bool once, CancellationToken stop)
    {
        var (proxyEnd, agentEnd) = Descriptor.MessagePair();
        using (proxyEnd)
        {
            var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var proxy = new ProxyProcess(Start(files, (int)proxyEnd.DangerousGetHandle()), e =>
            {
                if (e.Kind == PodEventKind.ProxyReady) { listens.TrySetResult(); }
                happened(e);
            });
            using var end = new CancellationTokenSource();
            Task proxyRunning = Task.CompletedTask;
            try
            {
                if (_plan.Mode == PodMode.Explicit)
                {
                    // In namespaces early connections wait in the agent's listeners; here nobody would hold them.
                    proxyRunning = proxy.RunAsync(end.Token);
                    await Task.WhenAny(listens.Task, Task.Delay(ProxyStartMax, stop));
                }

                using AgentProcess agent = StartAgent(files, agentEnd);
                try
                {
                    await agent.ReadyAsync();
                    if (_plan.Mode == PodMode.Transparent) { proxyRunning = proxy.RunAsync(end.Token); }
                    return await SuperviseAsync(agent, proxy, once, stop);
                }
                finally
                {
                    await agent.EndAsync();
                }
            }
            finally
            {
                await end.CancelAsync();
                await proxyRunning;
            }
        }
    }

    private AgentProcess StartAgent(PodFiles files, Microsoft.Win32.SafeHandles.SafeFileHandle channel)
    {
        using (channel) { return AgentProcess.Start(_plan, files, (int)channel.DangerousGetHandle(), happened); }
    }

    private async Task<(ExitStatus, bool)> SuperviseAsync(AgentProcess agent, ProxyProcess proxy, bool once, CancellationToken stop)
    {
        var backoff = new Backoff();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration stopping = stop.Register(() => stopped.TrySetResult());
        while (true)
        {
            long began = Environment.TickCount64;
            Task first = await Task.WhenAny(agent.AppExited, agent.Exited, stopped.Task);
            if (first == stopped.Task) { return (await StopAsync(agent, proxy), true); }
            if (first == agent.Exited)
            {
                happened(new PodEvent(PodEventKind.Failed, $"The pod's agent ended ({await agent.Exited}), and the kernel ended the pod with it."));
                return (await agent.Exited, once);
            }

            ExitStatus exit = await agent.AppExited;
            if (once)
            {
                await proxy.DrainAsync();
                return (exit, true);
            }

            TimeSpan pause = backoff.Next(TimeSpan.FromMilliseconds(Environment.TickCount64 - began));
            happened(new PodEvent(PodEventKind.Notice, $"The application ended ({exit}); it starts again in {pause.TotalSeconds:0.0} s."));
            if (await Task.WhenAny(Task.Delay(pause, CancellationToken.None), stopped.Task) == stopped.Task) { return (exit, true); }
            await agent.StartAppAsync();
        }
    }

    private static async Task<ExitStatus> StopAsync(AgentProcess agent, ProxyProcess proxy)
    {
        await proxy.DrainAsync();
        await agent.SignalAsync((int)Signal.Terminate);
        Task first = await Task.WhenAny(agent.AppExited, agent.Exited, Task.Delay(AppGrace));
        return first == agent.AppExited ? await agent.AppExited : new ExitStatus(0, (int)Signal.Kill);
    }

    private ProxyStart Start(PodFiles files, int channel) => new("sidecar", async ct =>
    {
        string token = await services.Token(_plan, ct);
        return Bootstrap.Sidecar(_plan, services.Mesh(), token, files.State);
    })
    {
        PodChannel = _plan.Explicit is null ? channel : -1,
        Output = _plan.ProxyOutput ?? _plan.Output,
    };
}
