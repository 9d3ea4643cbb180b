namespace Weft.Wire.Tls;

/// <summary>Whole records that refuse a ClientHello before anybody answers its handshake (RFC 8446 §5.1, §6): the client says why instead of guessing.</summary>
public static class TlsAlerts
{
    /// <summary>No listener has the name that was asked for (RFC 6066 §3).</summary>
    public static ReadOnlySpan<byte> UnrecognizedName => [21, 3, 3, 0, 2, 2, 112];

    /// <summary>A name must be asked for here, and none was (RFC 8446 §9.2).</summary>
    public static ReadOnlySpan<byte> MissingExtension => [21, 3, 3, 0, 2, 2, 109];
}
