using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Weft.Model.V1;
using Weft.Policy.Matching;
using Weft.Policy.Routing;

namespace Weft.Policy.Tokens;

internal enum JwtResult : byte
{
    Valid,
    Invalid,
    WrongAudience,
}

/// <summary>One issuer: where its tokens are, and how they are checked. Tokens that were good are remembered, so that a warm request costs one lookup.</summary>
public sealed class JwtRule
{
    /// <summary>Longer ones are refused.</summary>
    public const int TokenLengthMax = 16 << 10;

    /// <summary>Remembered at once; then all are forgotten.</summary>
    private const int RememberedMax = 1_000;

    /// <summary>How far clocks may differ (Envoy's).</summary>
    private const long SkewSeconds = 60;

    /// <summary>A token whose parts are nested deeper is refused.</summary>
    private const int NestingMax = 32;

    private static readonly byte[] Bearer = "Bearer "u8.ToArray();

    /// <summary>RFC 7519 §4 and RFC 7515 §5.2: a claim or header that is there twice could be read in two ways, by us and by the application.</summary>
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = NestingMax };

    private readonly ImmutableArray<(Utf8Text Name, byte[] Prefix)> _headers;
    private readonly ImmutableArray<Utf8Text> _parameters;
    private readonly ImmutableArray<Utf8Text> _audiences;
    private readonly string _issuer;
    private readonly JwtKeys _keys;
    private readonly ConcurrentDictionary<byte[], JwtClaims> _good = new(ByteKeyComparer.Instance);

    internal JwtRule(JwtIssuer issuer, string field, ProblemSink problems)
    {
        problems.At(issuer.Origin);
        Origin = issuer.Origin is null ? OriginModel.None : new OriginModel(issuer.Origin);
        _issuer = issuer.Issuer;
        _keys = JwtKeys.Parse(issuer.Jwks, $"{field}.jwks", problems);
        _audiences = [.. issuer.Audiences.Select(a => new Utf8Text(a))];
        bool usual = issuer.FromHeaders.Count + issuer.FromParams.Count == 0;
        _headers = usual
            ? [(new Utf8Text("authorization"), Bearer)]
            : [.. issuer.FromHeaders.Select(h => (new Utf8Text(h.Name.ToLowerInvariant()), System.Text.Encoding.UTF8.GetBytes(h.Value)))];
        _parameters = usual ? [new Utf8Text("access_token")] : [.. issuer.FromParams.Select(p => new Utf8Text(p))];
        HeaderNames = [.. _headers.Select(h => h.Name)];
        Forwards = issuer.Forward;
        PayloadHeader = Utf8Text.OrNull(issuer.PayloadHeader.ToLowerInvariant());
        ClaimHeaders = [.. issuer.ClaimToHeaders.Select(c => new FieldModel(new Utf8Text(c.Name.ToLowerInvariant()), new Utf8Text(c.Value)))];
    }

    public OriginModel Origin { get; }

    /// <summary>The application sees the token too.</summary>
    public bool Forwards { get; }

    public Utf8Text? PayloadHeader { get; }

    /// <summary>Header names and the claims that they get.</summary>
    public ImmutableArray<FieldModel> ClaimHeaders { get; }

    /// <summary>Fields that may carry its tokens.</summary>
    public ImmutableArray<Utf8Text> HeaderNames { get; }

    internal bool TryFind<T>(ref T facts, out ReadOnlySpan<byte> token)
        where T : IRequestFacts, allows ref struct
    {
        foreach (var (name, prefix) in _headers)
        {
            if (facts.TryGetHeader(name.Span, out var value) && value.StartsWith(prefix))
            {
                token = value[prefix.Length..];
                return true;
            }
        }

        foreach (var parameter in _parameters)
        {
            if (QueryString.TryGet(facts.Query, parameter.Span, out token) && !token.IsEmpty)
            {
                return true;
            }
        }

        token = default;
        return false;
    }

    internal JwtResult Verify(ReadOnlySpan<byte> token, long now, out JwtClaims? claims)
    {
        if (!_good.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(token, out claims) && !TryVerify(token, out claims))
        {
            return JwtResult.Invalid;
        }

        if (claims is null || now > claims.Expires + SkewSeconds || now < claims.NotBefore - SkewSeconds)
        {
            return JwtResult.Invalid;
        }

        return _audiences.IsEmpty || HasAudience(claims) ? JwtResult.Valid : JwtResult.WrongAudience;
    }

    private bool HasAudience(JwtClaims claims)
    {
        foreach (var audience in _audiences)
        {
            if (claims.Has("aud"u8, audience.Span))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Signature and issuer: what does not change with time. RFC 7515 §5.2.</summary>
    private bool TryVerify(ReadOnlySpan<byte> token, out JwtClaims? claims)
    {
        claims = null;
        int first = token.IndexOf((byte)'.');
        int last = token.LastIndexOf((byte)'.');
        if (token.Length > TokenLengthMax || first <= 0 || last <= first || token[(first + 1)..last].Contains((byte)'.'))
        {
            return false;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromUtf8(token[..first]), Strict);
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromUtf8(token[(first + 1)..last]), Strict);
            if (header.RootElement.ValueKind is not JsonValueKind.Object || payload.RootElement.ValueKind is not JsonValueKind.Object
                || header.RootElement.TryGetProperty("crit", out _) // RFC 7515 §4.1.11: what we do not know we may not pass over
                || JwtClaims.Text(payload.RootElement, "iss") != _issuer
                || !_keys.Verifies(JwtClaims.Text(header.RootElement, "alg"), JwtClaims.Text(header.RootElement, "kid"), token[..last], Base64Url.DecodeFromUtf8(token[(last + 1)..])))
            {
                return false;
            }

            claims = new JwtClaims(payload.RootElement, token[(first + 1)..last].ToArray());
        }
        catch (Exception e) when (e is FormatException or JsonException or System.Security.Cryptography.CryptographicException or InvalidOperationException)
        {
            // The last is what JsonElement throws for text with half a surrogate pair.
            return false;
        }

        if (_good.Count >= RememberedMax)
        {
            _good.Clear();
        }

        _good[token.ToArray()] = claims;
        return true;
    }
}
