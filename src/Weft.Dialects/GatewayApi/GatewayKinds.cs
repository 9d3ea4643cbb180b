namespace Weft.Dialects.GatewayApi;

public static class GatewayKinds
{
    public const string Group = "gateway.networking.k8s.io";
    public const string HttpRoute = "HTTPRoute";
    public const string GrpcRoute = "GRPCRoute";
}
