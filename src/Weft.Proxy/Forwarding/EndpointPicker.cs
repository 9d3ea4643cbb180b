using System.Net;
using Weft.Balancing;
using Weft.Http;
using Weft.Model.V1;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.Outbound;
using Weft.Proxy.State.Clusters;
using Weft.Transport;
using Weft.Wire;
using EndpointModel = Weft.Proxy.State.Clusters.EndpointModel;

namespace Weft.Proxy.Forwarding;

/// <summary>From a cluster to one endpoint of it and the way to speak there. On the loop.</summary>
internal static class EndpointPicker
{
    /// <summary>For one attempt of a request: sticks by its hash keys, and avoids where it failed before.</summary>
    internal static Fault Pick(Exchange x, ClusterState cluster, out UpstreamChoice? choice)
    {
        ulong random = Forwarder.NextRandom(x);
        ref TriedEndpoints tried = ref x.Tried;
        SessionModel? session = x.Decision.Route?.Forward?.Session;
        EndpointModel? kept = session is null ? null : SessionStickiness.Find(session, x, cluster);
        if (session is { Strict: true } && kept is null && SessionStickiness.IsNamed(session, x))
        {
            choice = null;
            return Fault.NoEndpoints; // its endpoint is gone, and no other may take its place
        }

        bool leavesLocality = !tried.IsEmpty && x.Decision.Route?.Forward is { Retries.LeavesLocality: true };
        var context = new PickContext(x.Loop.Now, random, HashOf(x, cluster, random), leavesLocality);
        Fault fault = kept is not null && !tried.Contains(kept.Balanced)
            ? Describe(x.Loop, cluster.Model.Config, kept, MeshTls.HttpProtocol, x.Client.Target.Host, out choice)
            : Pick(x.Loop, cluster, context, tried, new Wanted(MeshTls.HttpProtocol, x.Client.Target.Host, x.Connection.Original), out choice);
        if (session is not null && choice?.Endpoint is { } chosen)
        {
            SessionStickiness.Keep(session, x, chosen, isKept: ReferenceEquals(chosen, kept));
        }

        if (choice?.Endpoint is { } endpoint)
        {
            tried.Add(endpoint.Balanced);
        }

        choice = AsSpoken(cluster, x.Version, choice);
        return fault;
    }

    /// <summary>For a copy of a request, which sticks to nobody.</summary>
    internal static Fault PickForCopy(ProxyLoop loop, ClusterState cluster, MessageVersion version, out UpstreamChoice? choice)
    {
        Fault fault = Pick(loop, cluster, MeshTls.HttpProtocol, default, null, out choice);
        choice = AsSpoken(cluster, version, choice);
        return fault;
    }

    /// <summary>For a whole connection.</summary>
    /// <param name="host">The name it asks for; empty: none is known.</param>
    internal static Fault Pick(ProxyLoop loop, ClusterState cluster, string alpn, ReadOnlySpan<byte> host, IPEndPoint? original, out UpstreamChoice? choice) =>
        Pick(loop, cluster, new PickContext(loop.Now, (ulong)loop.Random.NextInt64(long.MinValue, long.MaxValue)), default, new Wanted(alpn, host, original), out choice);

    private static Fault Pick(
        ProxyLoop loop, ClusterState cluster, in PickContext context, in TriedEndpoints tried, in Wanted wanted, out UpstreamChoice? choice)
    {
        choice = null;
        switch (cluster.TryPick(context, tried, out EndpointModel? endpoint))
        {
            case PickOutcome.Picked when endpoint is not null:
                return Describe(loop, cluster.Model.Config, endpoint, wanted.Alpn, wanted.Host, out choice);
            case PickOutcome.OriginalDestination when wanted.Original is { } original:
                return loop.Parts.Guard.Allows(original.Address, original.Port)
                    ? DescribeOriginal(loop, cluster.Model, original, wanted.Host, out choice)
                    : Fault.ForbiddenDestination;
            default:
                return Fault.NoEndpoints;
        }
    }

    /// <summary>Where nobody declared anything, the upstream is spoken to as the caller speaks.</summary>
    private static UpstreamChoice? AsSpoken(ClusterState cluster, MessageVersion version, UpstreamChoice? choice) =>
        version is MessageVersion.Http20 && cluster.Model.Config.Protocol is AppProtocol.Detect ? choice?.AsHttp2 : choice;

    /// <summary>The route's keys come before the cluster's. A cookie that the request lacks is made with the answer.</summary>
    private static ulong? HashOf(Exchange x, ClusterState cluster, ulong random)
    {
        HashKeysModel keys = x.Decision.Route?.Forward?.HashKeys is { IsEmpty: false } own ? own : cluster.Model.Config.HashKeys;
        if (keys.IsEmpty || !keys.TryHash(x.Facts, x.Connection.Client, random, out ulong hash, out CookieModel? make))
        {
            return null;
        }

        x.Cookie = make;
        x.CookieValue = random;
        return hash;
    }

    /// <summary>A loop's way to an endpoint is described once, and again when the identity it goes by has changed.</summary>
    internal static Fault Describe(ProxyLoop loop, ClusterConfig config, EndpointModel endpoint, string alpn, ReadOnlySpan<byte> host, out UpstreamChoice? choice)
    {
        if (endpoint.IsPeer)
        {
            return DescribePeer(loop, config, endpoint, alpn, out choice);
        }

        choice = null;
        if (endpoint.Target.IsUnix && endpoint.WayOf(loop.Index) is null && !loop.Parts.Guard.Allows(endpoint.Target))
        {
            return Fault.ForbiddenDestination;
        }

        switch (config.Tls.Mode)
        {
            case UpstreamTls.Types.Mode.MeshMutual:
                return Fault.UpstreamHandshakeFailed; // the endpoint declares no peer protocol, and plain text is not asked for
            case UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual:
                UpstreamChoice origin = KnownOrNew(loop, config, endpoint);
                Fault fault = loop.Origins.Describe(config, endpoint.Target, host, ref origin);
                choice = fault == Fault.None ? Keep(loop, origin) : null;
                return fault;
            default:
                choice = Keep(loop, KnownOrNew(loop, config, endpoint));
                return Fault.None;
        }
    }

    /// <summary>Where the client dialled, spoken to as the cluster says. There is no endpoint to keep the way with.</summary>
    private static Fault DescribeOriginal(ProxyLoop loop, ClusterModel cluster, IPEndPoint original, ReadOnlySpan<byte> host, out UpstreamChoice? choice)
    {
        ClusterConfig config = cluster.Config;
        UpstreamChoice dialled = Passthrough.To(loop, original) with
        {
            Config = config,
            Edge = cluster.Unpicked,
            ConnectMs = (long)config.ConnectTimeout.TotalMilliseconds,
            IdleMs = (long)config.IdleTimeout.TotalMilliseconds,
            IsHttp2 = config.Protocol is AppProtocol.Http2 or AppProtocol.Grpc,
            RequestsMax = config.RequestsPerConnectionMax,
            ProxyProtocol = config.ProxyProtocol,
        };
        Fault fault = config.Tls.Mode switch
        {
            UpstreamTls.Types.Mode.MeshMutual => Fault.UpstreamHandshakeFailed, // nobody says who would answer there
            UpstreamTls.Types.Mode.Simple or UpstreamTls.Types.Mode.Mutual => loop.Origins.Describe(config, dialled.Key.Target, host, ref dialled),
            _ => Fault.None,
        };
        choice = fault == Fault.None ? dialled : null;
        return fault;
    }

    private static UpstreamChoice KnownOrNew(ProxyLoop loop, ClusterConfig config, EndpointModel endpoint) =>
        endpoint.WayOf(loop.Index) is UpstreamChoice known && known.Config == config ? known
            : New(config, endpoint, new ConnectionKey(endpoint.Target, null, null, null, config.PoolOwner));

    /// <summary>The fields that no protocol changes.</summary>
    private static UpstreamChoice New(ClusterConfig config, EndpointModel endpoint, in ConnectionKey key) => new()
    {
        Key = key,
        Config = config,
        Endpoint = endpoint,
        Edge = endpoint.Edge,
        Text = endpoint.Text,
        ConnectMs = (long)config.ConnectTimeout.TotalMilliseconds,
        IdleMs = (long)config.IdleTimeout.TotalMilliseconds,
        IsPeer = endpoint.IsPeer,
        IsHttp2 = endpoint.IsPeer || config.Protocol is AppProtocol.Http2 or AppProtocol.Grpc,
        RequestsMax = config.RequestsPerConnectionMax,
        Shape = config.Shape,
        ProxyProtocol = endpoint.IsPeer ? 0 : config.ProxyProtocol,
    };

    private static UpstreamChoice Keep(ProxyLoop loop, UpstreamChoice choice)
    {
        choice.Endpoint?.KeepWay(loop.Index, choice);
        return choice;
    }

    private static Fault DescribePeer(ProxyLoop loop, ClusterConfig config, EndpointModel endpoint, string alpn, out UpstreamChoice? choice)
    {
        choice = null;
        if (loop.Parts.Tls.Current is not { } own)
        {
            return Fault.UpstreamHandshakeFailed; // no identity yet: a peer would refuse us
        }

        if (endpoint.Identity is null)
        {
            return Fault.UpstreamIdentityMismatch; // a peer without a name could be anybody
        }

        // Requests name the port on their streams, so that all ports of a peer share its connections; opaque bytes cannot.
        if (alpn == MeshTls.TcpProtocol)
        {
            choice = New(config, endpoint, new ConnectionKey(endpoint.Target, own.TcpClient, endpoint.Identity, endpoint.PeerServerName));
            return Fault.None;
        }

        choice = endpoint.WayOf(loop.Index) is UpstreamChoice known && known.Key.Own == own.HttpClient && known.Config == config ? known
            : Keep(loop, New(config, endpoint, new ConnectionKey(endpoint.Target, own.HttpClient, endpoint.Identity, null, config.PeerPoolOwner)));
        return Fault.None;
    }

    /// <summary>What a client wants of a cluster: the protocol towards peers, the name it asks for, the address it dialled.</summary>
    private readonly ref struct Wanted(string alpn, ReadOnlySpan<byte> host, IPEndPoint? original)
    {
        internal string Alpn { get; } = alpn;

        internal ReadOnlySpan<byte> Host { get; } = host;

        internal IPEndPoint? Original { get; } = original;
    }
}
