using System.Collections.Immutable;
using System.Text;
using Weft.Model.V1;
using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>One endpoint of a cluster as the control plane described it, with what this proxy has learnt about it. Immutable but for <see cref="State"/> and what its owner makes of it.</summary>
public sealed class EndpointModel
{
    private object? _described;

    internal EndpointModel(Endpoint endpoint, EndpointState state, object? attachment)
    {
        Address = endpoint.Address;
        Port = (int)endpoint.Port;
        TargetPort = TargetPortOf(endpoint);
        PeerProtocol = endpoint.PeerProtocol;
        Identity = endpoint.Identity;
        Weight = Math.Max(1, endpoint.Weight); // 0 is "not said"
        Locality = Locality.Parse(endpoint.Locality);
        Draining = endpoint.Draining;
        Workload = endpoint.Workload;
        Labels = endpoint.Labels.ToImmutableDictionary();
        UnixSocket = endpoint.UnixSocket;
        Host = endpoint.Host;
        Display = $"{Address}:{Port}";
        Hash = XxHash64.Hash(Encoding.UTF8.GetBytes(KeyOf(Address, Port, (int)endpoint.TargetPort, Workload))); // as it was said: all proxies agree on places in rings
        State = state;
        Attachment = attachment;
    }

    /// <summary>Where to dial: an IP address, "unix:/path", or a host name for clusters resolved by DNS.</summary>
    public string Address { get; }

    public int Port { get; }

    /// <summary>The application's port behind a peer.</summary>
    public int TargetPort { get; }

    /// <summary>The ALPN of a Weft peer; empty: not in the mesh.</summary>
    public string PeerProtocol { get; }

    /// <summary>The SPIFFE ID that the peer must prove.</summary>
    public string Identity { get; }

    public uint Weight { get; }

    public Locality Locality { get; }

    /// <summary>It goes away: gets nothing new.</summary>
    public bool Draining { get; }

    public string Workload { get; }

    public ImmutableDictionary<string, string> Labels { get; }

    public string UnixSocket { get; }

    public string Host { get; }

    /// <summary>"10.0.0.7:9080", for people and session cookies.</summary>
    public string Display { get; }

    public EndpointState State { get; }

    /// <summary>What the owner keeps with it: how to dial it, where to count it. Made by the function given to <see cref="ClusterBalancerState.Apply"/>.</summary>
    public object? Attachment { get; }

    /// <summary>What the owner makes of it on first use and keeps as long as it is there. Any thread; the first wins, and an owner makes one kind only.</summary>
    public T Described<T, TOwner>(TOwner owner, Func<EndpointModel, TOwner, T> make)
        where T : class
    {
        if (Volatile.Read(ref _described) is { } known)
        {
            return (T)known;
        }

        T made = make(this, owner);
        return (T)(Interlocked.CompareExchange(ref _described, made, null) ?? made);
    }

    /// <summary>The same identity keeps its state and its place in rings and tables.</summary>
    /// <remarks>Made each time: it is asked for only when endpoints change, and nobody keeps it.</remarks>
    internal string Key => KeyOf(Address, Port, TargetPort, Workload);

    internal ulong Hash { get; }

    internal static string KeyOf(Endpoint endpoint) => KeyOf(endpoint.Address, (int)endpoint.Port, TargetPortOf(endpoint), endpoint.Workload);

    /// <summary>The same, of which nothing has been made yet.</summary>
    internal EndpointModel Undescribed()
    {
        var copy = (EndpointModel)MemberwiseClone();
        copy._described = null;
        return copy;
    }

    public override string ToString() => Display;

    private static int TargetPortOf(Endpoint endpoint) => (int)(endpoint.TargetPort == 0 ? endpoint.Port : endpoint.TargetPort);

    private static string KeyOf(string address, int port, int targetPort, string workload) => $"{address}|{port}|{targetPort}|{workload}";
}

/// <summary>"region/zone/subzone", as far as it is known.</summary>
public readonly record struct Locality(string Region, string Zone, string Subzone)
{
    public static Locality Unknown { get; } = new(string.Empty, string.Empty, string.Empty);

    public static Locality Parse(string text)
    {
        string[] parts = text.Split('/', 3);
        return new Locality(parts[0], parts.Length > 1 ? parts[1] : string.Empty, parts.Length > 2 ? parts[2] : string.Empty);
    }

    /// <summary>Whether a pattern of a rule covers it: "us-west/zone1/*", "us-west", "*".</summary>
    public bool IsCoveredBy(string pattern)
    {
        if (pattern == "*")
        {
            return true;
        }

        var wanted = Parse(pattern);
        return Covers(wanted.Region, Region) && Covers(wanted.Zone, Zone) && Covers(wanted.Subzone, Subzone);
    }

    public override string ToString() => Subzone.Length > 0 ? $"{Region}/{Zone}/{Subzone}" : Zone.Length > 0 ? $"{Region}/{Zone}" : Region;

    private static bool Covers(string wanted, string actual) => wanted is "" or "*" || wanted == actual;
}
