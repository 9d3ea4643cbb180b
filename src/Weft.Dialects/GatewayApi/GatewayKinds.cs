namespace Weft.Dialects.GatewayApi;

public static class GatewayKinds
{
    public const string Group = "gateway.networking.k8s.io";
    public const string ExperimentalGroup = "gateway.networking.x-k8s.io";
    public const string GatewayClass = "GatewayClass";
    public const string Gateway = "Gateway";
    public const string ListenerSet = "ListenerSet";
    public const string HttpRoute = "HTTPRoute";
    public const string GrpcRoute = "GRPCRoute";
    public const string TlsRoute = "TLSRoute";
    public const string TcpRoute = "TCPRoute";
    public const string BackendTlsPolicy = "BackendTLSPolicy";
    public const string BackendTrafficPolicy = "XBackendTrafficPolicy";

    /// <summary>The kinds of routes that Weft acts on.</summary>
    public static IReadOnlyList<string> Routes { get; } = [GrpcRoute, HttpRoute, TlsRoute, TcpRoute];

    /// <summary>Of several kinds on one port of a service the least holds (GEP-1294).</summary>
    public static int Precedence(string kind) => Array.IndexOf([GrpcRoute, HttpRoute, TlsRoute, TcpRoute], kind);
}
