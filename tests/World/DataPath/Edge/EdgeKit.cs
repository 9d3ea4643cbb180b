using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Weft.Model.V1;
using Weft.Proxy.Static;

namespace Weft.World.DataPath.Edge;

/// <summary>A gateway on a port of its own, with what the test wrote for it.</summary>
internal sealed class EdgeKit : IDisposable
{
    private readonly MemoryStream _log = new();
    private StaticProxy? _proxy;

    internal EdgeAuthority Authority { get; } = new();

    /// <summary>Of a connection that somebody keeps, the log says nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    internal int Port { get; } = FreePort();

    internal StaticConfig Config { get; } = new() { Loops = 1, Workload = new Workload { Name = "default/edge", Namespace = "default", Telemetry = new Model.V1.Telemetry { AccessLog = true } } };

    internal StaticProxy Proxy => _proxy!; // Start comes first

    /// <summary>HTTPS for hosts; its requests go to the origin, or are answered with the listener's name.</summary>
    internal GatewayListener Https(string name, EdgeCertificate certificate, string host, Action<ServerTls>? configure = null)
    {
        Config.Credentials.Add(certificate.As($"default/{name}", withTrust: true));
        var listener = new GatewayListener
        {
            Name = name, Port = (uint)Port, Protocol = AppProtocol.Https, Hosts = { host }, RouteSet = $"gateway/{name}",
            Tls = new ServerTls { Mode = ServerTls.Types.Mode.Simple, Credentials = { $"default/{name}" } },
        };
        configure?.Invoke(listener.Tls);
        Config.Workload.GatewayListeners.Add(listener);
        var routes = new RouteSet { Name = $"gateway/{name}" };
        routes.VirtualHosts.Add(new VirtualHost { Hosts = { "*" } });
        routes.VirtualHosts[0].Routes.Add(new Route { Direct = new DirectResponse { Status = 200, Body = Google.Protobuf.ByteString.CopyFromUtf8(name) } });
        Config.RouteSets.Add(routes);
        return listener;
    }

    /// <summary>Opaque connections of hosts, all to one address.</summary>
    internal GatewayListener Opaque(string name, string host, int originPort, ServerTls? tls)
    {
        var listener = new GatewayListener
        {
            Name = name, Port = (uint)Port, Protocol = tls is null ? AppProtocol.Tcp : AppProtocol.Tls, Hosts = { host }, TcpRouteSet = $"gateway/{name}/tcp", Tls = tls,
        };
        Config.Workload.GatewayListeners.Add(listener);
        var route = new TcpRoute { Clusters = { new WeightedCluster { Cluster = $"{name}.default.svc.cluster.local:443", Weight = 100 } } };
        if (host != "*")
        {
            route.SniHosts.Add(host);
        }

        Config.TcpRouteSets.Add(new TcpRouteSet { Name = $"gateway/{name}/tcp", Routes = { route } });
        Cluster($"{name}.default.svc.cluster.local", 443, originPort);
        return listener;
    }

    internal Cluster Cluster(string service, uint port, int originPort)
    {
        var cluster = new Cluster { Name = $"{service}:{port}", Service = service, Namespace = "default", Port = port };
        Config.Clusters.Add(cluster);
        Config.EndpointSets.Add(new EndpointSet { Name = cluster.Name, Endpoints = { new Endpoint { Address = "127.0.0.1", Port = (uint)originPort } } });
        return cluster;
    }

    internal void Start() => _proxy = StaticProxy.Start(Config, () => _log);

    /// <summary>openssl's client: its report, and what the server said until it closed.</summary>
    internal Task<ToolResult> OpensslAsync(string serverName, string more = "", string input = "") => Tool.RunAsync(
        "openssl", $"s_client -connect 127.0.0.1:{Port} {(serverName.Length > 0 ? $"-servername {serverName}" : "-noservername")} -CAfile {Authority.TrustFile} -verify_return_error {more}", input);

    internal Task<ToolResult> CurlAsync(string host, string more = "", string path = "/") => Tool.RunAsync(
        "curl", $"-sS --max-time 10 --cacert {Authority.TrustFile} --connect-to ::127.0.0.1:{Port} -w \\n%{{http_code}} {more} https://{host}:{Port}{path}");

    public void Dispose()
    {
        _proxy?.Dispose();
        Authority.Dispose();
    }

    /// <summary>The access log once every connection is over and told of; ends the proxy.</summary>
    internal string Log()
    {
        _ = SpinWait.SpinUntil(() => _proxy is null || _proxy.Path.Loops.All(l => l.Loop.ConnectionCount == 0), Patience);
        _proxy?.Dispose();
        return System.Text.Encoding.UTF8.GetString(_log.ToArray());
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A program of the machine, run to its end.</summary>
internal static class Tool
{
    internal static async Task<ToolResult> RunAsync(string program, string arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(PathKit.Patience);
        }
        finally
        {
            process.Kill();
        }

        return new ToolResult(process.ExitCode, await output, await error);
    }
}

internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit {ExitCode}\n{Output}\n{Error}";
}

/// <summary>A server program of the machine, running until it is disposed of.</summary>
internal sealed class RunningTool : IDisposable
{
    private readonly Process _process;

    private RunningTool(Process process) => _process = process;

    /// <summary>Ready once it has said <paramref name="ready"/>.</summary>
    internal static async Task<RunningTool> StartAsync(string program, string arguments, string ready)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = new Process { StartInfo = start };
        var isReady = new TaskCompletionSource();
        var said = new System.Text.StringBuilder();
        void Take(object _, DataReceivedEventArgs line)
        {
            said.AppendLine(line.Data);
            if (line.Data?.Contains(ready, StringComparison.Ordinal) == true)
            {
                isReady.TrySetResult();
            }
        }

        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => isReady.TrySetException(new InvalidOperationException($"{program} ended: {said}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await isReady.Task.WaitAsync(PathKit.Patience);
        return new RunningTool(process);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
