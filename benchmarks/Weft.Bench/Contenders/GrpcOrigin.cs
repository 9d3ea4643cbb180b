using System.Diagnostics;
using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>A server that answers every unary call with the same message and status 0: nghttpd of nghttp2, which knows nothing of gRPC but trailers.</summary>
internal static class GrpcOrigin
{
    public static Process Start(Workbench bench, int port)
    {
        string program = PeerVersions.Find("nghttpd") ?? throw new BenchException("nghttpd is missing: apt-get install nghttp2-server");
        string folder = Directory.CreateDirectory(Path.Combine(bench.Folder, "grpc", "bench.Echo")).Parent!.FullName;
        File.WriteAllBytes(Path.Combine(folder, "bench.Echo", "Unary"), [0, 0, 0, 0, 32, .. new byte[32]]);
        return bench.Start(
            Workbench.FirstCore, program, ["--no-tls", "-a", "127.0.0.1", "-d", folder, "--trailer=grpc-status: 0", $"{port}"]);
    }
}
