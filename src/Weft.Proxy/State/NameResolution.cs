using System.Net;
using Weft.Model.V1;
using Weft.Proxy.Observe;
using Weft.Proxy.State.Clusters;
using Weft.Transport;

namespace Weft.Proxy.State;

/// <summary>Keeps the endpoints of clusters that are named by DNS. Control loop only.</summary>
internal sealed class NameResolution(EventLoop loop, StateApplier applier)
{
    /// <summary>The C library tells no TTL; Envoy's default refresh for such clusters.</summary>
    private const long RefreshMs = 5_000;

    private readonly Dictionary<string, EndpointSet> _last = new(StringComparer.Ordinal);
    private bool _running;

    public void Start()
    {
        applier.ResolveWanted = cluster => loop.Supervise(ResolveAsync(cluster), "resolve");
        if (!_running)
        {
            _running = true;
            loop.Supervise(RefreshAsync(), "resolve-again");
        }
    }

    private async LoopTask RefreshAsync()
    {
        while (true)
        {
            await loop.DelayAsync(RefreshMs);
            foreach (ClusterConfig cluster in applier.DnsClusters.ToArray())
            {
                await ResolveAsync(cluster);
            }
        }
    }

    private async LoopTask ResolveAsync(ClusterConfig cluster)
    {
        var set = new EndpointSet { Name = cluster.Name };
        foreach (DnsTarget target in cluster.DnsTargets)
        {
            foreach (IPAddress address in await HostNames.ResolveAsync(loop, target.Host))
            {
                set.Endpoints.Add(new Endpoint { Address = address.ToString(), Port = target.Port, Weight = target.Weight, Locality = target.Locality });
            }
        }

        // A name that does not resolve just now keeps what it resolved to before: 'unknown' is not 'removed'.
        bool isNews = !_last.TryGetValue(cluster.Name, out EndpointSet? last) || !last.Equals(set);
        if (isNews && (set.Endpoints.Count > 0 || applier.IsUnresolved(cluster.Name)))
        {
            _last[cluster.Name] = set;
            applier.SetResolved(cluster.Name, set);
        }
    }
}
