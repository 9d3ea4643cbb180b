using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Weft.Authority;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Observe;

namespace Weft.ControlPlane;

/// <summary>Runs the discovery listener and the authority's clock beside the host's own listeners.</summary>
public sealed class MeshHost(MeshOptions options, MeshAuthority authority, ServerIdentity identity, IServiceProvider services, TimeProvider time) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan MaintenanceInterval = TimeSpan.FromSeconds(10);

    private DiscoveryServer? _server;
    private ITimer? _maintenance;

    /// <summary>Where discovery listens, once started.</summary>
    public IPEndPoint Discovery => _server?.EndPoint ?? options.Discovery;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _ = services.GetRequiredService<MeshStatus>(); // it says since when we are up
        _server = new DiscoveryServer(options.Discovery, services);
        await _server.StartAsync(cancellationToken);
        _maintenance = time.CreateTimer(_ => Maintain(), null, MaintenanceInterval, MaintenanceInterval);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_maintenance is not null)
        {
            await _maintenance.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.StopAsync();
        }
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Maintain()
    {
        authority.Advance();
        identity.Advance();
        services.GetRequiredService<TapBook>().Advance();
    }
}
