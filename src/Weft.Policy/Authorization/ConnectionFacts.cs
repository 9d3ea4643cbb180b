using Weft.Primitives;

namespace Weft.Policy.Authorization;

/// <summary>The proven identity at the other end of a connection, in the forms that policies name it by. Made once per handshake.</summary>
public sealed class PeerFacts(SpiffeId id)
{
    public SpiffeId Id { get; } = id;

    /// <summary>"cluster.local/ns/default/sa/x".</summary>
    public Utf8Text Principal { get; } = new(id.Principal);

    public Utf8Text Namespace { get; } = new(id.Namespace);

    /// <summary>"default/x".</summary>
    public Utf8Text ServiceAccount { get; } = new($"{id.Namespace}/{id.ServiceAccount}");

    public Utf8Text TrustDomain { get; } = new(id.TrustDomain);
}

/// <summary>What decisions may know of one connection.</summary>
/// <param name="Peer">Null when the peer proved no identity: plain text.</param>
/// <param name="Source">The address at the other end of the socket.</param>
/// <param name="Remote">The client's address as far as it can be trusted: PROXY protocol, or the socket's.</param>
/// <param name="Destination">The workload's own address.</param>
/// <param name="DestinationPort">The application's port, not the proxy's.</param>
/// <param name="Sni">The server name that the client asked for; null without.</param>
public readonly record struct ConnectionFacts(PeerFacts? Peer, IpValue Source, IpValue Remote, IpValue Destination, int DestinationPort, Utf8Text? Sni);
