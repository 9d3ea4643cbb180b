using Weft.Balancing;
using Weft.Model.V1;
using Weft.Policy.Limits;
using Weft.Transport;
using BalancedEndpoint = Weft.Balancing.EndpointModel;

namespace Weft.Proxy.State.Clusters;

/// <summary>
/// A cluster's name through all its models, with what must outlive them: its balancer, load and budgets. Any loop picks; the control loop swaps.
/// </summary>
public sealed class ClusterState
{
    private readonly ClusterContext _context;

    private volatile ClusterModel? _model;
    private volatile ClusterConfig? _config;

    internal ClusterState(ClusterContext context)
    {
        _context = context;
        Balancer = new ClusterBalancerState(context.Seed);
    }

    /// <summary>Read once per request, keep the local.</summary>
    public ClusterModel Model => _model!; // Apply has set it before anybody gets the state

    public ClusterLoadState Load { get; } = new();

    /// <summary>Tell it of every attempt: Started, and Ended with what came of it.</summary>
    public ClusterBalancerState Balancer { get; }

    /// <summary>Chooses where one attempt goes. The endpoint is set exactly when the outcome is <see cref="PickOutcome.Picked"/>.</summary>
    public PickOutcome TryPick(in PickContext context, in TriedEndpoints tried, out EndpointModel? endpoint)
    {
        PickResult picked = Balancer.Pick(context, tried);
        endpoint = picked.Endpoint is { } balanced ? Describe(balanced) : null;
        return picked.Outcome;
    }

    /// <summary>The endpoint behind one of the balancer's, for sessions that name theirs.</summary>
    /// <remarks>Kept with the balancer's own object, which a swap replaces: it is never stale.</remarks>
    public EndpointModel Describe(BalancedEndpoint balanced) => balanced.Described(this, static (endpoint, state) => state.DescribeCore(endpoint));

    /// <param name="endpoints">Null: they stay as they are.</param>
    internal void Apply(ClusterConfig config, EndpointSet? endpoints, TimeSpan now)
    {
        if (!ReferenceEquals(config, _config))
        {
            Load.Configure(config.Limits, config.RetryBudget, config.Hedging);
        }

        _config = config;
        if (endpoints is null)
        {
            Balancer.Apply(config.Balancer, _context.Place, now);
        }
        else
        {
            Balancer.Apply(config.Balancer, endpoints, _context.Place, now);
        }

        _model = new ClusterModel(config, [.. Balancer.Endpoints.Select(Describe)], _context);
    }

    private EndpointModel DescribeCore(BalancedEndpoint balanced)
    {
        ClusterConfig config = _config!; // set before the balancer knows any endpoint
        bool isPeer = config.Tls.AllowsPeers && balanced.PeerProtocol.Length > 0;
        SocketTarget target = EndpointModel.TargetOf(balanced, _context.OwnHost);
        return new EndpointModel(balanced, target, isPeer, _context.EdgeTo(config, balanced, isPeer), _context.Loops);
    }
}
