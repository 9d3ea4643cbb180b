using Weft.Conformance.Kit;

namespace Weft.Conformance.Http2;

/// <summary>The shipped proxy's plain port and its port with TLS, spoken to in HTTP/2, before Kestrel.</summary>
public sealed class ProxyWorld : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-http2-").FullName;
    private KestrelOrigin? _origin;

    internal int Port { get; } = ChildProcess.FreePort();

    internal int TlsPort { get; } = ChildProcess.FreePort();

    internal ChildProcess Proxy { get; private set; } = null!; // InitializeAsync sets it

    /// <summary>Resident memory of the proxy now.</summary>
    internal long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{Proxy.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture) << 10;

    public async ValueTask InitializeAsync()
    {
        _origin = await KestrelOrigin.StartAsync();
        Proxy = await WeftProxy.StartGatewayAsync(_folder, new GatewayPlan(Port, _origin.Http1Port) { TlsPort = TlsPort, Certificates = RingCertificates.In(_folder) });
    }

    public async ValueTask DisposeAsync()
    {
        Proxy.Dispose();
        if (_origin is not null)
        {
            await _origin.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
