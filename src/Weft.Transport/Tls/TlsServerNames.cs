namespace Weft.Transport;

/// <summary>What a client says and expects of the server's name.</summary>
/// <param name="Asked">Sent in the handshake (SNI); null: nothing.</param>
/// <param name="Verified">The DNS name that the certificate must carry; null where identity is checked otherwise.</param>
/// <param name="Session">Who is meant, with all that was checked of it: under this name the session is kept and resumed. Null: every handshake is a full one.</param>
public readonly record struct TlsServerNames(string? Asked, string? Verified = null, string? Session = null);
