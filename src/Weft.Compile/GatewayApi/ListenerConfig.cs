using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>A listener as written, in a Gateway or in a ListenerSet of one.</summary>
/// <param name="Owner">Where it is written: its namespace is what "Same" and references mean.</param>
internal sealed record ListenerConfig(Resource Gateway, Resource Owner, int Index, Field Source)
{
    public string Name => Source["name"].Text;

    public uint Port { get; } = Source["port"].Number ?? 0;

    public string Protocol { get; } = Source["protocol"].Text;

    public string Hostname { get; } = Source["hostname"].Text.ToLowerInvariant();

    /// <summary>The names it answers for, "*" for any.</summary>
    public string Pattern => Hostname.Length > 0 ? Hostname : "*";

    public bool IsHttp => Protocol is "HTTP" or "HTTPS";

    public bool IsPassthrough => Protocol == "TLS" && Source["tls"]["mode"].Text == "Passthrough";

    public bool Terminates => Protocol is "HTTPS" or "TLS" && !IsPassthrough;

    /// <summary>The kinds of routes a listener of this protocol takes; none: the protocol is not served.</summary>
    public IReadOnlyList<string> Kinds => Protocol switch
    {
        "HTTP" or "HTTPS" => [GatewayKinds.HttpRoute, GatewayKinds.GrpcRoute],
        "TLS" => IsPassthrough ? [GatewayKinds.TlsRoute] : [GatewayKinds.TlsRoute, GatewayKinds.TcpRoute],
        "TCP" => [GatewayKinds.TcpRoute],
        _ => [],
    };

    /// <summary>Unique within the Gateway, also among listeners of its sets.</summary>
    public string FullName => Owner == Gateway ? Name : $"{Owner.Namespace}.{Owner.Name}.{Name}";

    public bool Is(ListenerConfig other) => Owner == other.Owner && Index == other.Index;

    public static IEnumerable<ListenerConfig> Of(Resource gateway, Resource owner) =>
        new Field(owner.Spec, FieldPath.Root.Child("spec"))["listeners"].Items.Select((l, i) => new ListenerConfig(gateway, owner, i, l));

    /// <summary>Why two listeners cannot stand beside each other; empty when they can. HTTPS and TLS share a port by SNI, UDP is a world of its own.</summary>
    public string ConflictWith(ListenerConfig other)
    {
        if (Port != other.Port || (Protocol == "UDP") != (other.Protocol == "UDP"))
        {
            return "";
        }
        return Family != other.Family ? "ProtocolConflict" : Pattern == other.Pattern || Family is "TCP" or "UDP" ? "HostnameConflict" : "";
    }

    private string Family => Protocol is "HTTPS" or "TLS" ? "TLS" : Protocol;
}
