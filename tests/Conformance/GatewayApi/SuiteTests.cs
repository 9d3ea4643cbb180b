using Weft.Conformance.GatewayApi.Kit;
using Weft.Conformance.GatewayApi.Rows;

namespace Weft.Conformance.GatewayApi;

/// <summary>Every test of the suite that is told here.</summary>
internal static class SuiteTests
{
    public static readonly IReadOnlyList<GatewayTest> All =
    [
        .. HttpRouteMatchingRows.All, .. HttpRouteReferenceRows.All, .. HttpRouteFilterRows.All, .. HttpRouteTrafficRows.All, .. HttpRouteCorsRows.All, .. GatewayRows.All,
        .. ListenerSetRows.All, .. OpaqueRouteRows.All, .. BackendTlsRows.All, .. GrpcRouteRows.All, .. MeshRows.All,
    ];

    /// <summary>
    /// What Weft does not pass yet, and why. Such a test still runs: it is shown as skipped with its failure, counted as failed in
    /// the report, and fails the build once it passes, so that this table stays true.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> Known = new Dictionary<string, string>
    {
        ["BackendTLSPolicySANValidation"] = "the proxy compares a backend's certificate with one host name, not with several names or URIs",
        ["HTTPRouteCORS"] = "the proxy does not answer preflights nor mark answers yet; the policy is compiled",
        ["HTTPRouteHTTPSListenerDetectMisdirectedRequests"] = "HTTP/2 over TLS to a gateway is answered 502",
    };
}
