using System.Text.Json.Nodes;
using Weft.Node.Processes;
using Weft.Primitives;
using Weft.Transport.Processes;

namespace Weft.Node.Control;

/// <summary>How the control plane is started.</summary>
/// <param name="Api">Address of the resource API and page; port 0 takes a free one.</param>
/// <param name="Discovery">Address for proxies.</param>
public sealed record ControlOptions(WeftHome Home, string Api, string Discovery)
{
    /// <summary>Of the identities that it issues; null: the program's default.</summary>
    public string? TrustDomain { get; init; }

    /// <summary>Every decision in its log.</summary>
    public bool Verbose { get; init; }

    /// <summary>Networks from which token issuers' keys may be fetched though they are link-local, in CIDR form.</summary>
    public IReadOnlyList<string> KeyNetworks { get; init; } = [];

    /// <summary>A file of authorities for issuers' servers; null: the system's alone.</summary>
    public string? KeyAuthorities { get; init; }

    /// <summary>As weft-control takes them.</summary>
    public IReadOnlyList<string> Arguments() =>
    [
        "--home", Home.Path, "--api", Api, "--discovery", Discovery,
        .. KeyNetworks.SelectMany(static n => (string[])["--keys-allow", n]),
        .. KeyAuthorities is { Length: > 0 } file ? (string[])["--keys-ca", file] : [],
        .. TrustDomain is { Length: > 0 } domain ? (string[])["--trust-domain", domain] : [],
        .. Verbose ? (string[])["--verbose"] : [],
    ];
}

/// <summary>Keeps one weft-control running, with its data kept across restarts. Ends with this process, whatever ends it.</summary>
public sealed class ControlProcess(ControlOptions options, Action<string> notice)
{
    private const int SupervisorFd = 3;
    private const int ReadyFd = 4;
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControlOptions _options = options;

    public string LogFile => Path.Combine(_options.Home.Logs, "control.log");

    /// <summary>The first start: done when the control plane serves; failed with what its log says when it cannot.</summary>
    public Task Ready => _first.Task;

    /// <summary>Called after every later start too: addresses and sockets are the same, connections are not.</summary>
    public Action? Restarted { get; set; }

    public async Task RunAsync(CancellationToken stop)
    {
        var backoff = new Backoff();
        while (!stop.IsCancellationRequested)
        {
            long began = Environment.TickCount64;
            string why = await RunOnceAsync(stop);
            if (stop.IsCancellationRequested) { break; }
            if (!_first.Task.IsCompletedSuccessfully)
            {
                _first.TrySetException(new IOException(why));
                return;
            }

            TimeSpan pause = backoff.Next(TimeSpan.FromMilliseconds(Environment.TickCount64 - began));
            notice($"The control plane ended ({why}); it starts again in {pause.TotalSeconds:0.0} s. Proxies serve on from what they have.");
            try { await Task.Delay(pause, stop); }
            catch (OperationCanceledException) { break; }
        }

        _first.TrySetCanceled(CancellationToken.None);
    }

    private async Task<string> RunOnceAsync(CancellationToken stop)
    {
        long logFrom = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
        var (ours, theirs) = Descriptor.StreamPair();
        var (readyRead, readyWrite) = Descriptor.Pipe();
        using var line = new SupervisedLine(ours);
        ChildProcess child;
        using (theirs)
        using (readyWrite)
        {
            try { child = Spawn((int)theirs.DangerousGetHandle(), (int)readyWrite.DangerousGetHandle()); }
            catch (Exception e) when (e is SystemCallException or FileNotFoundException or IOException) { return e.Message; }
        }

        await using CancellationTokenRegistration closing = stop.Register(() => child.Signal(Signal.Terminate));
        Task<bool> ready = ReadyAsync(readyRead);
        Task first = await Task.WhenAny(ready, child.Exited, Task.Delay(StartMax, CancellationToken.None));
        if (first == ready && await ready) { Serves(); }
        else if (first != child.Exited && !stop.IsCancellationRequested && !await SettledAsync(child, ready))
        {
            child.Signal(Signal.Kill);
            await child.Exited;
            return $"it did not serve within {StartMax.TotalSeconds:0} s; {LastWords(logFrom)}";
        }

        Task reading = line.ReadAsync(static (_, _) => { }, CancellationToken.None);
        await child.Exited.ContinueWith(static _ => { }, TaskScheduler.Default);
        _ = reading;
        return stop.IsCancellationRequested ? "stopped" : $"{await child.EndAsync(EndMax)}; {LastWords(logFrom)}";
    }

    // The pipe's end without a byte means that it is about to exit.
    private static async Task<bool> SettledAsync(ChildProcess child, Task<bool> ready) =>
        ready.IsCompleted && await Task.WhenAny(child.Exited, Task.Delay(EndMax)) == child.Exited;

    private void Serves()
    {
        // Proxies and people know where it is by now: started again it listens there, also where any free port would have done at first.
        if (JsonNode.Parse(File.ReadAllText(_options.Home.ControlInfo)) is JsonObject info)
        {
            _options = _options with { Api = (string?)info["api"] ?? _options.Api, Discovery = (string?)info["discovery"] ?? _options.Discovery };
        }

        if (!_first.TrySetResult()) { Restarted?.Invoke(); }
    }

    private ChildProcess Spawn(int supervisor, int ready)
    {
        using var log = new FileStream(LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        using FileStream nothing = File.OpenRead("/dev/null");
        int output = (int)log.SafeFileHandle.DangerousGetHandle();
        return ChildProcess.Start(new SpawnRequest(Binaries.Control,
            [.. _options.Arguments(), "--supervisor-fd", SupervisorFd.ToString(), "--ready-fd", ReadyFd.ToString()])
        {
            Descriptors = [supervisor, ready],
            StandardInput = (int)nothing.SafeFileHandle.DangerousGetHandle(),
            StandardOutput = output,
            StandardError = output,
            Group = SpawnGroup.Session,
        });
    }

    /// <summary>True once it wrote anything: it serves.</summary>
    private static async Task<bool> ReadyAsync(Microsoft.Win32.SafeHandles.SafeFileHandle pipe)
    {
        using var stream = new FileStream(pipe, FileAccess.Read, bufferSize: 0);
        byte[] one = new byte[1];
        return await Task.Run(() => stream.Read(one)) > 0;
    }

    /// <summary>The last lines it logged in this life: usually the reason, said by the one who knows.</summary>
    private string LastWords(long from)
    {
        const int Shown = 3;
        try
        {
            using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            log.Seek(Math.Min(from, log.Length), SeekOrigin.Begin);
            using var reader = new StreamReader(log);
            string[] lines = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(Shown)];
            return lines.Length > 0 ? $"it said:\n  {string.Join("\n  ", lines)}" : $"its log is {LogFile}";
        }
        catch (IOException)
        {
            return $"its log is {LogFile}";
        }
    }
}
