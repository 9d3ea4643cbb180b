using Grpc.Core;
using Grpc.Net.Client;

namespace Weft.Conformance.Grpc;

/// <summary>gRPC's own interoperability cases between Grpc.AspNetCore and python3-grpcio as both ends, over one hop and over two.</summary>
public sealed class InteropTests(InteropWorld world) : IClassFixture<InteropWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static TheoryData<string, string, int> Rows =>
        [.. from name in InteropClient.Cases.Keys from server in new[] { "dotnet", "python" } from hops in new[] { 1, 2 } select new TheoryDataRow<string, string, int>(name, server, hops)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Case_DotNetClient_EndsAsDescribed(string name, string server, int hops)
    {
        Assert.SkipUnless(InteropWorld.HasPython || server != "python", "needs python3-grpcio");
        using GrpcChannel channel = GrpcChannel.ForAddress($"http://127.0.0.1:{world.Ports[(server, hops)]}");
        await InteropClient.Cases[name](channel, new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Case_PythonClient_EndsAsDescribed(string name, string server, int hops)
    {
        Assert.SkipUnless(InteropWorld.HasPython, "needs python3-grpcio and python3-protobuf");
        Assert.Equal("ok", await world.PythonSaysAsync(server, hops, name));
    }
}
