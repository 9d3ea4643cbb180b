using System.Net;
using Weft.Conformance.GatewayApi.Kit;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>GRPCRoute at a gateway: methods, metadata, authorities, shares. What no rule takes is UNIMPLEMENTED.</summary>
internal static class GrpcRouteRows
{
    private const string V1 = "grpc-infra-backend-v1";
    private const string V2 = "grpc-infra-backend-v2";
    private const string V3 = "grpc-infra-backend-v3";

    private static readonly string[] Core = [Feature.Gateway, Feature.GrpcRoute];

    public static IEnumerable<GatewayTest> All =>
    [
        new("GRPCExactMethodMatching", Core, ["tests/grpcroute-exact-method-matching.yaml"], static async run =>
            await ExpectAsync(await run.AcceptedAsync("same-namespace", "GRPCRoute", "exact-matching"),
                new GrpcRow("Echo", V1), new GrpcRow("EchoTwo", V2), new GrpcRow("EchoThree"))),
        new("GRPCRouteHeaderMatching", Core, ["tests/grpcroute-header-matching.yaml"], static async run =>
            await ExpectAsync(await run.AcceptedAsync("same-namespace", "GRPCRoute", "grpc-header-matching"),
                With(V1, ("version", "one")), With(V2, ("version", "two")), With(V1, ("version", "two"), ("color", "orange")), With(V2, ("version", "two"), ("color", "blue")),
                With("", ("color", "orange")), With("", ("some-other-header", "one")), With(V1, ("color", "blue")), With(V1, ("color", "green")),
                With(V2, ("color", "red")), With(V2, ("color", "yellow")), With("", ("color", "purple")))),
        new("GRPCRouteListenerHostnameMatching", Core, ["tests/grpcroute-listener-hostname-matching.yaml"], static async run =>
            await ExpectAsync(await run.AcceptedAsync("grpcroute-listener-hostname-matching", "GRPCRoute", "backend-v1", "backend-v2", "backend-v3"),
                At("bar.com", V1), At("foo.bar.com", V2), At("baz.bar.com", V3), At("boo.bar.com", V3), At("multiple.prefixes.bar.com", V3), At("multiple.prefixes.foo.com", V3),
                At("foo.com", ""), At("no.matching.host", ""))),
        new("GRPCRouteNamedRule", [.. Core, "GRPCRouteNamedRouteRule"], ["tests/grpcroute-named-rule.yaml"], static async run =>
            await ExpectAsync(await run.AcceptedAsync("same-namespace", "GRPCRoute", "grpc-named-rules"), new GrpcRow("Echo", V1), new GrpcRow("EchoTwo", V2))) { Provisional = true },
        new("GRPCRouteWeight", Core, ["tests/grpcroute-weight.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("same-namespace", "GRPCRoute", "weighted-backends");
            await ExpectAsync(address, new GrpcRow("Echo", "grpc-infra-backend"));
            await Shares.HoldAsync(async ct => (await GrpcProbe.CallAsync(new IPEndPoint(address, 80), new GrpcRow("Echo"), ct)).Pod, (V1, 0.7), (V2, 0.3), (V3, 0.0));
        }),
    ];

    private static GrpcRow With(string backend, params (string, string)[] metadata) => new("Echo", backend) { Metadata = metadata };

    private static GrpcRow At(string authority, string backend) => new("Echo", backend) { Authority = authority };

    private static async Task ExpectAsync(IPAddress address, params GrpcRow[] rows)
    {
        foreach (GrpcRow row in rows)
        {
            await Convergence.HoldsAsync(row.ToString(), async ct => (await GrpcProbe.CallAsync(new IPEndPoint(address, 80), row, ct)).Differs(row));
        }
    }
}
