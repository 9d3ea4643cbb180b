using System.Net;
using Weft.Model.V1;
using Weft.Proxy.Dns;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.State.Names;

/// <summary>Keeps the endpoints of clusters that are named by DNS: each name is asked for once, for all clusters, when its answer expires. Control loop only.</summary>
internal sealed class NameResolution(EventLoop loop, StateApplier applier, NameClient client, EventLog log)
{
    /// <summary>Ids 3300-3349. Never reused.</summary>
    private static readonly LogEvent NotResolved = new(3300, LogLevel.Warning, "names.not-resolved");
    private static readonly LogEvent ResolvedAgain = new(3301, LogLevel.Info, "names.resolved-again");

    private readonly Dictionary<string, WatchedNameState> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, EndpointSet> _last = new(StringComparer.Ordinal);

    public void Start() => applier.ResolveWanted = Take;

    private void Take(ClusterConfig cluster)
    {
        foreach (string host in cluster.DnsTargets.Select(static t => t.Host))
        {
            if (!_names.ContainsKey(host))
            {
                var name = new WatchedNameState(host);
                _names.Add(host, name);
                loop.Supervise(WatchAsync(name), "resolve");
            }
        }

        Publish(cluster);
    }

    private async LoopTask WatchAsync(WatchedNameState name)
    {
        while (true)
        {
            NameAnswer answer = await client.ResolveAsync(name.Host);
            ClusterConfig[] users = [.. applier.DnsClusters.Where(c => c.DnsTargets.Any(t => name.Host.Equals(t.Host, StringComparison.OrdinalIgnoreCase)))];
            if (users.Length == 0)
            {
                _names.Remove(name.Host);
                return;
            }

            bool wasFailing = name.IsFailing;
            name.Take(answer, loop.NowMs);
            Tell(name, answer.Status, wasFailing);
            Array.ForEach(users, Publish);
            await loop.DelayAsync(name.PauseMs(answer, loop.NowMs, Random.Shared.NextDouble()));
        }
    }

    private void Publish(ClusterConfig cluster)
    {
        EndpointSet set = Endpoints(cluster);
        bool isWhole = cluster.DnsTargets.All(t => _names[t.Host].IsSettled);
        bool isNews = !_last.TryGetValue(cluster.Name, out EndpointSet? last) || !last.Equals(set);

        // The first addresses serve at once; that there are none is known when every name was asked for.
        if (isNews && (set.Endpoints.Count > 0 || isWhole))
        {
            _last[cluster.Name] = set;
            applier.SetResolved(cluster.Name, set);
        }
    }

    private EndpointSet Endpoints(ClusterConfig cluster)
    {
        var set = new EndpointSet { Name = cluster.Name };
        var seen = new HashSet<(IPAddress, uint)>();
        foreach (DnsTarget target in cluster.DnsTargets)
        {
            // In an order of its own, so that servers that turn their answers around bring no news.
            IEnumerable<IPAddress> addresses = cluster.Discovery == Cluster.Types.Discovery.LogicalDns
                ? _names[target.Host].Addresses.Take(1)
                : _names[target.Host].Addresses.OrderBy(static a => a.ToString(), StringComparer.Ordinal);
            foreach (IPAddress address in addresses.Where(a => seen.Add((a, target.Port))))
            {
                set.Endpoints.Add(new Endpoint { Address = address.ToString(), Port = target.Port, Weight = target.Weight, Locality = target.Locality });
            }
        }

        return set;
    }

    private void Tell(WatchedNameState name, NameStatus status, bool wasFailing)
    {
        if (name.IsFailing == wasFailing)
        {
            return;
        }

        if (!name.IsFailing)
        {
            log.Write(ResolvedAgain, $"{name.Host} resolves again");
            return;
        }

        string what = status switch
        {
            NameStatus.NoName => "does not exist",
            NameStatus.NoAddress => "has no address",
            _ => "is not answered by any name server of this host",
        };
        string cure = status is NameStatus.Unknown ? "look at the servers in /etc/resolv.conf" : "look at the host in its ServiceEntry or Service";
        log.Write(NotResolved, $"{name.Host} {what}{(name.Addresses.IsEmpty ? "" : "; its last addresses serve on")}; {cure}");
    }
}
