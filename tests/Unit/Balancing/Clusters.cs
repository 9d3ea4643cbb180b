using Google.Protobuf.WellKnownTypes;
using Weft.Balancing;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Unit.Balancing;

/// <summary>Clusters for tests, with a clock of their own.</summary>
internal sealed class ClusterBench
{
    private readonly Random _random = new(1);

    public ClusterBench(Cluster cluster, params Endpoint[] endpoints)
    {
        Cluster = cluster;
        State = new ClusterBalancerState(0);
        Apply(endpoints);
    }

    public Cluster Cluster { get; }

    public ClusterBalancerState State { get; }

    public ClientPlace Client { get; set; } = ClientPlace.Unknown;

    public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

    public static Cluster Of(Balancer.Types.Kind kind, OutlierDetection? outlier = null) =>
        new() { Name = "c", Balancer = new Balancer { Kind = kind }, Outlier = outlier };

    public static Endpoint[] Endpoints(int count) => [.. Enumerable.Range(1, count).Select(i => Endpoint($"10.0.0.{i}"))];

    public static Endpoint Endpoint(string address, uint weight = 1, string locality = "") =>
        new() { Address = address, Port = 80, Weight = weight, Locality = locality, Workload = $"default/{address}" };

    public void Apply(params Endpoint[] endpoints) =>
        State.Apply(Cluster, new EndpointSet { Name = "c", Endpoints = { endpoints } }, Client, Now);

    public EndpointModel? Pick(ulong? hash = null, TriedEndpoints tried = default) =>
        State.Pick(new PickContext(Now, (ulong)_random.NextInt64(long.MinValue, long.MaxValue), hash), tried).Endpoint;

    public Dictionary<string, int> Count(int picks)
    {
        var counts = new Dictionary<string, int>();
        for (int i = 0; i < picks; i++)
        {
            string address = Pick()?.Address ?? "none";
            counts[address] = counts.GetValueOrDefault(address) + 1;
        }

        return counts;
    }

    /// <summary>One request to the endpoint, answered with that status (0: a connection that was refused).</summary>
    public bool Answer(string address, int status)
    {
        var endpoint = State.Endpoints.Single(e => e.Address == address);
        State.Started(endpoint);
        var fault = status == 0 ? Fault.UpstreamRefused : Fault.None;
        return State.Ended(endpoint, new AttemptReport(status, fault, TimeSpan.FromMilliseconds(5)), Now);
    }
}
