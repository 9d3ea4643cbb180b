namespace Weft.Wire.Http1;

/// <summary>How the body's end is told (RFC 9112 §6.3).</summary>
public enum BodyFraming : byte
{
    None,
    Length,
    Chunked,

    /// <summary>A response that ends with the connection.</summary>
    UntilClose,

    /// <summary>No message at all any more: 101, or 2xx to CONNECT.</summary>
    Tunnel,
}
