namespace Weft.Policy;

/// <summary>
/// What decisions may know of one request, in its one canonical form. The proxy and <c>weft explain</c> implement it over
/// their own requests; spans live as long as the request does. Members are called several times per decision and must not allocate.
/// </summary>
public interface IRequestFacts
{
    ReadOnlySpan<byte> Method { get; }

    /// <summary>The normalized path, without its query.</summary>
    ReadOnlySpan<byte> Path { get; }

    /// <summary>What follows the question mark, still encoded; empty when there is none.</summary>
    ReadOnlySpan<byte> Query { get; }

    /// <summary>Lower case, without the scheme's default port.</summary>
    ReadOnlySpan<byte> Authority { get; }

    ReadOnlySpan<byte> Scheme { get; }

    /// <summary>The port that was dialled: the frontend's or the gateway listener's, as written there.</summary>
    int Port { get; }

    /// <summary>The caller's address as far as it can be trusted.</summary>
    IpValue RemoteAddress { get; }

    /// <summary>"issuer/subject" of the validated token; empty without one.</summary>
    ReadOnlySpan<byte> RequestPrincipal { get; }

    /// <summary>A header's value; several fields of one name are joined by a comma (RFC 9110 §5.3).</summary>
    bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value);

    /// <summary>
    /// One value of a claim of the validated token: a list has several, asked for by index until the answer is no.
    /// Names of nested claims are joined by dots ("realm_access.roles").
    /// </summary>
    bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value);
}
