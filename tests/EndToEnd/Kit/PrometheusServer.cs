using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Weft.EndToEnd.Kit;

/// <summary>Debian's Prometheus on a free port, scraping the targets it is told, every second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http;

    private PrometheusServer(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public static async Task<PrometheusServer> StartAsync(IEnumerable<string> targets)
    {
        string tool = Repository.Tool("prometheus", "prometheus");
        string folder = Directory.CreateTempSubdirectory("weft-prometheus-").FullName, config = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(config, $"""
            global:
              scrape_interval: 1s
            scrape_configs:
            - job_name: weft
              static_configs:
              - targets: [{string.Join(", ", targets.Select(t => $"'{t}'"))}]

            """);
        int port = FreePort();
        Process process = Process.Start(new ProcessStartInfo(
            tool,
            [$"--config.file={config}", $"--storage.tsdb.path={folder}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]))
            ?? throw new InvalidOperationException("prometheus did not start");
        var server = new PrometheusServer(process, folder, port);
        await Eventually.TrueAsync("Prometheus is ready", TimeSpan.FromSeconds(20), async () => (await server._http.GetAsync("/-/ready")).IsSuccessStatusCode);
        return server;
    }

    /// <summary>The value of each series of an instant query, by one of its labels.</summary>
    public async Task<Dictionary<string, double>> QueryAsync(string query, Func<JsonElement, string> key)
    {
        using JsonDocument answer = JsonDocument.Parse(await _http.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}"));
        return answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().ToDictionary(
            r => key(r.GetProperty("metric")),
            r => double.Parse(r.GetProperty("value")[1].GetString()!, System.Globalization.CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
