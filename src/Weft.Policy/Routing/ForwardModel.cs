using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy.Retries;

namespace Weft.Policy.Routing;

/// <summary>Sends a request on: to which cluster, changed how, for how long, how often. Immutable.</summary>
public sealed class ForwardModel
{
    private readonly WeightedChoice _choice;

    internal ForwardModel(Forward forward, string field, ProblemSink problems)
    {
        Destinations = [.. forward.Clusters.Select((c, i) => new DestinationModel(c, $"{field}.clusters[{i}]", problems))];
        _choice = new WeightedChoice(Destinations, field, problems);
        Rewrite = RewriteModel.Compile(forward.Rewrite, $"{field}.rewrite", problems);
        Timeout = forward.Timeout?.ToTimeSpan() ?? TimeSpan.Zero;
        Retries = forward.Retries is null ? RetryModel.Default : new RetryModel(forward.Retries);
        Mirrors = [.. forward.Mirrors.Select(m => new MirrorModel(new Utf8Text(m.Cluster), m.Percent?.Ppm ?? Draws.PpmAlways))];
        HashKeys = HashKeysModel.Compile(forward.HashKeys);
        Session = SessionModel.Compile(forward.Session);
        SplitKeys = HashKeysModel.Compile(forward.SplitKeys);
    }

    /// <summary>In written order, those of weight 0 too.</summary>
    public ImmutableArray<DestinationModel> Destinations { get; }

    public RewriteModel? Rewrite { get; }

    /// <summary>Zero: no limit.</summary>
    public TimeSpan Timeout { get; }

    public RetryModel Retries { get; }

    public ImmutableArray<MirrorModel> Mirrors { get; }

    /// <summary>Empty when the route names none; the cluster's own keys hold then.</summary>
    public HashKeysModel HashKeys { get; }

    public SessionModel? Session { get; }

    /// <summary>What a destination is drawn by, in place of chance: who comes with the same key gets the same version.</summary>
    public HashKeysModel SplitKeys { get; }

    /// <summary>Picks by weight. Null when there is nobody to pick: no destination, or several that all have weight 0.</summary>
    internal DestinationModel? Pick(ulong random) => _choice.Pick(random);
}

/// <summary>One weighted destination of a route.</summary>
public sealed class DestinationModel
{
    internal DestinationModel(WeightedCluster cluster, string field, ProblemSink problems)
    {
        Cluster = cluster.Cluster;
        Weight = cluster.Weight;
        RequestHeaders = HeaderEditsModel.Compile(cluster.RequestHeaders);
        ResponseHeaders = HeaderEditsModel.Compile(cluster.ResponseHeaders);
        Rewrite = RewriteModel.Compile(cluster.Rewrite, $"{field}.rewrite", problems);
        InvalidStatus = (int)cluster.InvalidStatus;
    }

    /// <summary>Cluster resource name.</summary>
    public string Cluster { get; }

    public uint Weight { get; }

    /// <summary>Applied before the route's own edits: the most specific level goes first.</summary>
    public HeaderEditsModel RequestHeaders { get; }

    public HeaderEditsModel ResponseHeaders { get; }

    public RewriteModel? Rewrite { get; }

    /// <summary>Not 0: the destination is known to be wrong, and this is the answer.</summary>
    public int InvalidStatus { get; }
}

/// <summary>A copy of requests that nobody waits for.</summary>
public sealed record MirrorModel(Utf8Text Cluster, uint Ppm);
