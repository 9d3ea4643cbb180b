using System.Text.Json.Nodes;
using Weft.Node.Processes;
using Weft.Transport.Processes;

namespace Weft.Node.Pods;

/// <summary>
/// The agent inside the pod's namespaces, with the application under it. Not restarted: when it dies the kernel ends all
/// of the pod, and its runner makes a new one.
/// </summary>
internal sealed class AgentProcess : IDisposable
{
    private static readonly TimeSpan SetupMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(2);

    private readonly ChildProcess _child;
    private readonly SupervisedLine _line;
    private readonly Action<PodEvent> _happened;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private volatile TaskCompletionSource<ExitStatus> _appExited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AgentProcess(ChildProcess child, SupervisedLine line, Action<PodEvent> happened)
    {
        _child = child;
        _line = line;
        _happened = happened;
        _reading = line.ReadAsync(Received, CancellationToken.None);
    }

    /// <summary>Ends with the namespaces and everything in them.</summary>
    public Task<ExitStatus> Exited => _child.Exited;

    /// <summary>The end of the application as it runs now.</summary>
    public Task<ExitStatus> AppExited => _appExited.Task;

    public static AgentProcess Start(PodPlan plan, PodFiles files, int channel, Action<PodEvent> happened)
    {
        string notice = "";
        uint? uid = plan.Mode == PodMode.Explicit ? null : AppUser.Choose(plan, out notice);
        if (notice.Length > 0) { happened(new PodEvent(PodEventKind.Notice, notice)); }
        var (ours, theirs) = Descriptor.StreamPair();
        using (theirs)
        using (FileStream? output = plan.Output is { } file ? new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite) : null)
        using (FileStream nothing = File.OpenRead("/dev/null"))
        {
            int log = output is null ? -1 : (int)output.SafeFileHandle.DangerousGetHandle();
            var line = new SupervisedLine(ours);
            try
            {
                ChildProcess child = ChildProcess.Start(Request(plan, files, uid) with
                {
                    Descriptors = [(int)theirs.DangerousGetHandle(), channel],
                    Environment = EnvironmentOf(plan, uid is not null),
                    WorkingDirectory = plan.WorkingDirectory,
                    StandardInput = plan.Interactive ? -1 : (int)nothing.SafeFileHandle.DangerousGetHandle(),
                    StandardOutput = log,
                    StandardError = log,
                    Group = plan.Interactive ? SpawnGroup.Same : SpawnGroup.Session,
                });
                return new AgentProcess(child, line, happened);
            }
            catch
            {
                line.Dispose();
                throw;
            }
        }
    }

    /// <summary>Waits until the network stands and the application was started.</summary>
    public async Task ReadyAsync()
    {
        Task first = await Task.WhenAny(_ready.Task, _child.Exited, Task.Delay(SetupMax));
        if (first == _ready.Task) { await first; }
        else if (first == _child.Exited)
        {
            await _reading; // it may have said why
            if (_ready.Task.IsFaulted) { await _ready.Task; }
            throw new IOException($"The pod's namespaces could not be made (unshare: {await _child.Exited}); `weft check` says which step is refused.");
        }
        else { throw new IOException($"The pod was not set up within {SetupMax.TotalSeconds:0} s; `weft check` tries each step."); }
    }

    public Task SignalAsync(int signal) => _line.SendAsync("signal", signal);

    /// <summary>Starts the application again in the same namespaces; <see cref="AppExited"/> is then its next end.</summary>
    public Task StartAppAsync()
    {
        _appExited = new TaskCompletionSource<ExitStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _line.SendAsync("start");
    }

    /// <summary>Ends the pod: the agent sees end-of-file, and the kernel ends what it started.</summary>
    public async Task EndAsync()
    {
        _line.Dispose();
        await _child.EndAsync(EndMax);
    }

    public void Dispose() => _line.Dispose();

    private static SpawnRequest Request(PodPlan plan, PodFiles files, uint? uid) => plan.Mode == PodMode.Explicit
        ? new SpawnRequest(Binaries.Proxy, ["pod", "--plain", "yes", "--supervisor-fd", "3", "--channel-fd", "4", "--", .. plan.Command])
        : new SpawnRequest("unshare", Arguments(plan, files, uid));

    private static List<string> Arguments(PodPlan plan, PodFiles files, uint? uid)
    {
        List<string> arguments = Environment.IsPrivilegedProcess ? [] : ["-U", "-r"];
        arguments.AddRange(["-n", "-m", "-p", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--", Binaries.Proxy, "pod"]);
        arguments.AddRange(["--supervisor-fd", "3", "--channel-fd", "4", "--address", plan.Address, "--namespace", plan.Namespace, "--files", files.State]);
        if (uid is { } number) { arguments.AddRange(["--uid", number.ToString()]); }
        if (plan.HostPorts.Count > 0) { arguments.AddRange(["--host-ports", string.Join(',', plan.HostPorts)]); }
        arguments.Add("--");
        arguments.AddRange(plan.Command);
        return arguments;
    }

    private static Dictionary<string, string> EnvironmentOf(PodPlan plan, bool ownUser)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            // What concerns this process or the control plane is none of the application's business.
            if (entry.Key is string key && !key.StartsWith("WEFT_", StringComparison.Ordinal) && key != "KUBECONFIG") { environment[key] = entry.Value?.ToString() ?? ""; }
        }

        environment["HOSTNAME"] = plan.Name;
        if (ownUser) { environment["HOME"] = "/tmp"; }
        foreach ((string name, string value) in plan.Environment) { environment[name] = value; }
        return environment;
    }

    private void Received(string name, JsonObject json)
    {
        switch (name)
        {
            case "app-started":
                _ready.TrySetResult();
                _happened(new PodEvent(PodEventKind.AppStarted));
                break;
            case "app-exited":
                _ready.TrySetResult();
                var status = new ExitStatus((int?)json["code"] ?? 0, (int?)json["signal"] ?? 0);
                _happened(new PodEvent(PodEventKind.AppExited, status.ToString()) { Exit = status });
                _appExited.TrySetResult(status);
                break;
            case "notice":
                _happened(new PodEvent(PodEventKind.Notice, (string?)json["text"] ?? ""));
                break;
            case "failed":
                _ready.TrySetException(new IOException($"{json["step"]}: {json["text"]} {json["cure"]}"));
                break;
        }
    }
}
