namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>Names of the suite's base manifests.</summary>
internal static class Names
{
    public const string Infra = "gateway-conformance-infra";
    public const string App = "gateway-conformance-app-backend";
    public const string Web = "gateway-conformance-web-backend";
    public const string Mesh = "gateway-conformance-mesh";
    public const string MeshConsumer = "gateway-conformance-mesh-consumer";
    public const string V1 = "infra-backend-v1";
    public const string V2 = "infra-backend-v2";
    public const string V3 = "infra-backend-v3";
}
