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
    };
}
