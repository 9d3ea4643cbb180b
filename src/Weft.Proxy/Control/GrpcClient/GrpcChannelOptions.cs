using Weft.Http.Http2;
using Weft.Transport;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>Where a <see cref="GrpcChannel"/> goes and how it proves itself.</summary>
public sealed record GrpcChannelOptions
{
    /// <summary>Null: <see cref="Resolve"/> finds it.</summary>
    public SocketTarget? Address { get; init; }

    /// <summary>Asked before every dial, on the loop, so that a server that moved is found again; null comes out of it for a name that does not resolve.</summary>
    public Func<LoopTask<SocketTarget?>>? Resolve { get; init; }

    /// <summary>The :authority of every call.</summary>
    public required string Authority { get; init; }

    /// <summary>Asked anew for every connection, so that a rotated certificate is used by the next one; null: no TLS (tests, unix sockets). Its ALPN is "h2".</summary>
    public Func<TlsContext>? Tls { get; init; }

    /// <summary>The name sent as SNI; null: none.</summary>
    public string? ServerName { get; init; }

    /// <summary>The DNS name that the server's certificate must carry; null where <see cref="VerifyPeer"/> or a pinned root decides.</summary>
    public string? VerifyName { get; init; }

    /// <summary>Looks at the server that the handshake proved; the answer is why it is not the right one, or null.</summary>
    public Func<TlsPeer, string?>? VerifyPeer { get; init; }

    /// <summary>TCP and TLS together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A longer message ends its call with RESOURCE_EXHAUSTED.</summary>
    public int MessageBytesMax { get; init; } = 16 << 20;

    public Http2Limits Limits { get; init; } = Http2Limits.Default;
}
