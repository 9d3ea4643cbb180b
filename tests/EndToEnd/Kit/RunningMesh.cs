using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Weft.EndToEnd.Kit;

/// <summary>Bookinfo as a mesh of its own: the released binaries, a temporary home, free ports. Everything is gone after disposal.</summary>
public sealed class RunningMesh : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private readonly StringBuilder _said = new();
    private Process? _up;

    /// <summary>Further arguments of `weft up`; set before the mesh starts.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    public string Home { get; } = Directory.CreateTempSubdirectory("weft-e2e-").FullName;

    public JsonObject Ready { get; private set; } = [];

    public string Gateway => (string)Ready["gateway"]!;

    public string KubeConfig => (string)Ready["kubeconfig"]!;

    public string Page => (string)Ready["page"]!;

    /// <summary>What `weft up` printed so far.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    public int UpProcessId => _up!.Id; // set by InitializeAsync

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess || File.Exists("/proc/self/ns/user"), "needs namespaces");
        var info = new ProcessStartInfo(
            Repository.Binary("weft"),
            ["up", "-f", Repository.Sample("weft.yaml"), "-o", "json", "--gateway-port", $"{FreePort()}", "--api", "127.0.0.1:0", "--discovery", "127.0.0.1:0", .. Extra])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        info.Environment["WEFT_HOME"] = Home;
        _up = Process.Start(info) ?? throw new InvalidOperationException("weft did not start");
        var ready = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _up.OutputDataReceived += (_, line) => Take(line.Data, ready);
        _up.ErrorDataReceived += (_, line) => Take(line.Data, null);
        _up.BeginOutputReadLine();
        _up.BeginErrorReadLine();
        try
        {
            Ready = await ready.Task.WaitAsync(StartLimit);
        }
        catch (TimeoutException)
        {
            await DisposeAsync();
            throw new TimeoutException($"The mesh did not start within {StartLimit.TotalSeconds} s. It said:\n{Said}");
        }
    }

    public Task<CommandResult> WeftAsync(params string[] arguments) => Command.RunAsync(Repository.Binary("weft"), arguments, Variables());

    public async Task<JsonNode> WeftJsonAsync(params string[] arguments) =>
        JsonNode.Parse((await WeftAsync([.. arguments, "-o", "json"])).Succeeded().Output)!;

    public Task<CommandResult> KubectlAsync(params string[] arguments) =>
        Command.RunAsync(Repository.Tool("kubectl", "kubernetes-client"), ["--kubeconfig", KubeConfig, .. arguments]);

    public async Task ApplyAsync(string file) => (await KubectlAsync("apply", "-f", file)).Succeeded();

    public async Task DeleteAsync(string file) => (await KubectlAsync("delete", "--ignore-not-found", "-f", file)).Succeeded();

    /// <summary>A GET through the gateway, as the user that a browser is signed in as.</summary>
    public async Task<(HttpStatusCode Status, string Body)> GetAsync(HttpClient client, string path, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{Gateway}{path}");
        if (user is not null)
        {
            request.Headers.Add("Cookie", $"user={user}");
        }

        using HttpResponseMessage answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Local GET on the control plane's own socket.</summary>
    public async Task<JsonNode> ControlAsync(string path)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                await socket.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(Home, "run/control.sock")), ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        return JsonNode.Parse(await client.GetStringAsync($"http://localhost{path}"))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is { HasExited: false } up)
        {
            using (Process interrupt = Process.Start("kill", ["-INT", $"{up.Id}"]))
            {
                await interrupt.WaitForExitAsync();
            }

            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await up.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                up.Kill(entireProcessTree: true);
                throw new TimeoutException($"`weft up` did not stop within {StopLimit.TotalSeconds} s. It said:\n{Said}");
            }
        }

        _up?.Dispose();
        _up = null;
        if (Directory.Exists(Home))
        {
            Directory.Delete(Home, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private Dictionary<string, string> Variables() => new() { ["WEFT_HOME"] = Home };

    private void Take(string? line, TaskCompletionSource<JsonObject>? ready)
    {
        if (line is null)
        {
            ready?.TrySetException(new InvalidOperationException($"`weft up` ended before it was ready:\n{Said}"));
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }

        if (ready is not null && line.StartsWith('{') && JsonNode.Parse(line) is JsonObject said && (string?)said["event"] == "ready")
        {
            ready.TrySetResult(said);
        }
    }
}
