namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Names of features as the suite and GatewayClass.status.supportedFeatures write them.</summary>
internal static class Feature
{
    public const string Gateway = "Gateway";
    public const string ReferenceGrant = "ReferenceGrant";
    public const string HttpRoute = "HTTPRoute";
    public const string GrpcRoute = "GRPCRoute";
    public const string TlsRoute = "TLSRoute";
    public const string TcpRoute = "TCPRoute";
    public const string BackendTlsPolicy = "BackendTLSPolicy";
    public const string ListenerSet = "ListenerSet";
    public const string Mesh = "Mesh";
}
