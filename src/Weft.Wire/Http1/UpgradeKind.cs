namespace Weft.Wire.Http1;

/// <summary>What a request asks to switch to (RFC 9110 §7.8).</summary>
public enum UpgradeKind : byte
{
    None,
    WebSocket,

    /// <summary>Never taken and never forwarded: behind a proxy that does not speak it, it tunnels past policy.</summary>
    Http2,
    Other,
}
