using Weft.Model.V1;

namespace Weft.Compile.Gateways;

internal enum ServerKind
{
    PlainHttp,
    TlsHttp,
    Opaque,
}

/// <summary>One server of an Istio Gateway or one listener of a Gateway API Gateway, with what its routes say.</summary>
/// <param name="Owner">"gateway/namespace/name".</param>
internal sealed record GatewayServer(string Owner, string Name, uint Port, ServerKind Kind)
{
    public string Bind { get; init; } = "";

    public ServerTls? Tls { get; init; }

    public Origin? Origin { get; init; }

    /// <summary>SNI names, or "*".</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = ["*"];

    public IReadOnlyList<HostRoutes> Hosts { get; init; } = [];

    public IReadOnlyList<TcpRoute> TcpRoutes { get; init; } = [];
}

/// <summary>Routes of one host name at a listener, in the order of their dialect.</summary>
/// <param name="Dialect">The owner of a host is the first who names it; only routes of the same dialect join.</param>
internal sealed record HostRoutes(string Host, string Dialect, IReadOnlyList<Route> Routes, bool HttpsRedirect = false);
