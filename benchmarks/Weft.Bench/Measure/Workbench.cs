using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Weft.Bench.Contenders;
using Weft.Bench.Scenarios;

namespace Weft.Bench.Measure;

/// <summary>What every contender needs around it: a folder, free ports, the origin behind it and the load before it.</summary>
internal sealed class Workbench : IDisposable
{
    /// <summary>Client and origins share it: what they cost is not measured.</summary>
    public const string FirstCore = "0";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Reading = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly List<Process> _own = [];
    private readonly Scenario _scenario;

    public Workbench(Scenario scenario)
    {
        _scenario = scenario;
        Folder = Directory.CreateTempSubdirectory($"weft-bench-{scenario.Name}-").FullName;
    }

    public string Folder { get; }

    public IReadOnlyList<int> OriginPorts { get; private set; } = [];

    public int OriginPort => OriginPorts[0];

    /// <summary>The core that belongs to the proxy alone.</summary>
    public static string ProxyCore => (Environment.ProcessorCount - 1).ToString();

    public static string Native(string name) => Path.Combine(Repository(), "artifacts/bench", name);

    public static string Binary(string name) => Path.Combine(Repository(), "artifacts/bin", name);

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    public string Write(string name, string text)
    {
        string file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    public async Task StartOriginsAsync(CancellationToken ct)
    {
        OriginPorts = [.. _scenario.OriginDelays.Select(_ => FreePort())];
        foreach ((int port, int delay) in OriginPorts.Zip(_scenario.OriginDelays))
        {
            _own.Add(_scenario.Speech is Speech.Grpc
                ? GrpcOrigin.Start(this, port)
                : Start(FirstCore, Native("origin"), [$"{port}", $"{_scenario.ResponseBytes}", $"{delay}"]));
            await AcceptingAsync(port, "origin", ct);
        }
    }

    public async Task<LoadResult> LoadAsync(LoadOrder order, CancellationToken ct)
    {
        if (_scenario.Speech is not Speech.Http1)
        {
            return await H2Load.RunAsync(this, order, _scenario.Speech, ct);
        }

        string[] arguments = [$"{order.Port}", $"{order.Connections}", $"{order.Seconds}", $"{order.Rate}", $"{_scenario.RequestBytes}", $"{_scenario.RequestsPerConnection}"];
        using Process load = Start(FirstCore, Native("load"), arguments, read: true);
        return await ResultAsync(load, order.Port, ct);
    }

    /// <summary>Handshakes that show our certificate where they are asked for one.</summary>
    public async Task<LoadResult> HandshakesAsync(int port, int connections, double seconds, CancellationToken ct)
    {
        Certificates own = Certificates.In(this);
        using Process load = Start(FirstCore, Native("tlsload"), ["handshakes", $"{port}", $"{connections}", $"{seconds}", own.Certificate, own.Key], read: true);
        return await ResultAsync(load, port, ct);
    }

    /// <summary>Connections under TLS that have had one answer each and stay open until disposed of.</summary>
    public async Task<HeldConnections> HoldAsync(int port, int connections, CancellationToken ct)
    {
        Certificates own = Certificates.In(this);
        var held = new HeldConnections(Start(FirstCore, Native("tlsload"), ["hold", $"{port}", $"{connections}", own.Certificate, own.Key], read: true));
        if (await held.Process.StandardOutput.ReadLineAsync(ct) != "ready")
        {
            held.Dispose();
            throw new BenchException($"{connections} connections to port {port} could not be opened: is the limit of open files too low (ulimit -n)?");
        }

        return held;
    }

    private static async Task<LoadResult> ResultAsync(Process load, int port, CancellationToken ct)
    {
        string line = await load.StandardOutput.ReadToEndAsync(ct);
        await load.WaitForExitAsync(ct);
        return load.ExitCode == 0 && JsonSerializer.Deserialize<LoadResult>(line, Reading) is { } result
            ? result
            : throw new BenchException($"the load generator could not reach port {port}: did the contender stop?");
    }

    /// <summary>Starts a program on one core; its output goes to a log in <see cref="Folder"/>.</summary>
    public Process Start(string core, string program, string[] arguments, bool read = false)
    {
        string log = Path.Combine(Folder, $"{Path.GetFileName(program)}.log");
        string[] command = read
            ? ["-c", core, program, .. arguments]
            : ["-c", core, "sh", "-c", "exec \"$0\" \"$@\" >>\"$LOG\" 2>&1", program, .. arguments];
        var info = new ProcessStartInfo("taskset", command) { RedirectStandardOutput = read, RedirectStandardInput = read, UseShellExecute = false };
        info.Environment["LOG"] = log;
        return Process.Start(info) ?? throw new BenchException("taskset is missing: apt-get install util-linux");
    }

    /// <summary>Waits until something accepts connections on the port.</summary>
    public static async Task AcceptingAsync(int port, string who, CancellationToken ct)
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < StartLimit)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port, ct);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
            }
        }

        throw new BenchException($"{who} did not open port {port} within {StartLimit.TotalSeconds} s");
    }

    public void Dispose()
    {
        foreach (Process process in _own)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        if (Environment.GetEnvironmentVariable("WEFT_BENCH_KEEP") is null)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static string Repository() =>
        Environment.GetEnvironmentVariable("WEFT_REPOSITORY") ?? throw new BenchException("start it as ./bench from the checkout");
}

/// <summary>A client whose connections stay open until this is disposed of.</summary>
internal sealed class HeldConnections(Process client) : IDisposable
{
    public Process Process => client;

    public void Dispose()
    {
        client.StandardInput.Close();
        client.WaitForExit();
        client.Dispose();
    }
}
