namespace Weft.Bench.Contenders;

/// <summary>What the client speaks, and with gRPC the origin too; otherwise that one speaks HTTP/1.1.</summary>
internal enum Speech
{
    Http1,
    Http2,
    Grpc,
}
