namespace Weft.Wire;

/// <summary>What <see cref="ProtocolSniffer"/> takes a connection for.</summary>
public enum SniffedProtocol : byte
{
    NeedMore,
    Http1,
    Http2,
    Tls,

    /// <summary>None of these: its bytes are passed on unread.</summary>
    Opaque,
}
