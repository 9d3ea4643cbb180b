using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy.Matching;

namespace Weft.Policy.Routing;

/// <summary>What a CORS policy says of one request.</summary>
public enum CorsKind : byte
{
    /// <summary>No cross-origin request, or one that the policy leaves to the application.</summary>
    Pass,

    /// <summary>Answer the preflight with 200 and the fields of the decision; a refused origin gets no fields.</summary>
    AnswerPreflight,

    /// <summary>Forward, and set the decision's fields in the response.</summary>
    Actual,
}

/// <summary>Cross-origin resource sharing (Fetch §3.2). Immutable.</summary>
public sealed class CorsModel
{
    private readonly ImmutableArray<TextMatcher> _origins;
    private readonly bool _forwardUnmatched;

    private CorsModel(CorsPolicy cors, ImmutableArray<TextMatcher> origins)
    {
        _origins = origins;
        _forwardUnmatched = cors.ForwardUnmatchedPreflights;
        AllowMethods = Join(cors.AllowMethods);
        AllowHeaders = Join(cors.AllowHeaders);
        ExposeHeaders = Join(cors.ExposeHeaders);
        MaxAge = cors.MaxAge is null ? null : new Utf8Text(((long)cors.MaxAge.ToTimeSpan().TotalSeconds).ToString());
        AllowCredentials = cors.AllowCredentials;
    }

    public Utf8Text? AllowMethods { get; }

    public Utf8Text? AllowHeaders { get; }

    public Utf8Text? ExposeHeaders { get; }

    public Utf8Text? MaxAge { get; }

    public bool AllowCredentials { get; }

    public ImmutableArray<TextMatcher> AllowOrigins => _origins;

    internal static CorsModel? Compile(CorsPolicy? cors, string field, ProblemSink problems) => cors is null
        ? null
        : new CorsModel(cors, [.. cors.AllowOrigins.Select(o => TextMatcher.Compile(o, $"{field}.allow_origins", problems)).OfType<TextMatcher>()]);

    /// <summary>The spans of the decision live as long as the request's.</summary>
    public CorsDecision Decide<T>(in T facts)
        where T : IRequestFacts, allows ref struct
    {
        ref T request = ref System.Runtime.CompilerServices.Unsafe.AsRef(in facts);
        if (!request.TryGetHeader("origin"u8, out var origin) || origin.IsEmpty)
        {
            return default;
        }

        bool preflight = request.Method.SequenceEqual("OPTIONS"u8) && request.TryGetHeader("access-control-request-method"u8, out _);
        bool allowed = Allows(origin);
        if (!preflight)
        {
            return allowed ? new CorsDecision(this, CorsKind.Actual, origin, default, default) : default;
        }

        if (!allowed)
        {
            return _forwardUnmatched ? default : new CorsDecision(this, CorsKind.AnswerPreflight, default, default, default);
        }

        request.TryGetHeader("access-control-request-method"u8, out var method);
        request.TryGetHeader("access-control-request-headers"u8, out var headers);
        return new CorsDecision(this, CorsKind.AnswerPreflight, origin, method, headers);
    }

    private bool Allows(ReadOnlySpan<byte> origin)
    {
        foreach (var matcher in _origins)
        {
            // "*" is written as an exact value by Istio and as a value of its own by the Gateway API.
            if (matcher is { Kind: TextMatchKind.Exact, Written: "*" } || matcher.Matches(origin))
            {
                return true;
            }
        }

        return false;
    }

    private static Utf8Text? Join(IEnumerable<string> values) => Utf8Text.OrNull(string.Join(",", values));
}

/// <summary>The answer of a CORS policy; its response fields are read by index until there is none.</summary>
public readonly ref struct CorsDecision
{
    private readonly CorsModel? _model;
    private readonly ReadOnlySpan<byte> _origin;
    private readonly ReadOnlySpan<byte> _method;
    private readonly ReadOnlySpan<byte> _headers;

    internal CorsDecision(CorsModel model, CorsKind kind, ReadOnlySpan<byte> origin, ReadOnlySpan<byte> method, ReadOnlySpan<byte> headers)
    {
        _model = model;
        Kind = kind;
        _origin = origin;
        _method = method;
        _headers = headers;
    }

    public CorsKind Kind { get; }

    /// <summary>False for a preflight whose origin the policy does not allow.</summary>
    public bool OriginAllowed => !_origin.IsEmpty;

    /// <summary>The response fields one by one; a field without a value is left out by the caller (<paramref name="value"/> is empty).</summary>
    public bool TryGetField(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = default;
        value = default;
        if (_model is null || _origin.IsEmpty)
        {
            return false;
        }

        bool preflight = Kind is CorsKind.AnswerPreflight;
        switch (index)
        {
            case 0:
                name = "access-control-allow-origin"u8;
                value = _origin;
                return true;
            case 1:
                name = "access-control-allow-credentials"u8;
                value = _model.AllowCredentials ? "true"u8 : default;
                return true;
            case 2:
                name = preflight ? "access-control-allow-methods"u8 : "access-control-expose-headers"u8;
                value = preflight ? Spell(_model.AllowMethods, _method) : Bytes(_model.ExposeHeaders);
                return true;
            case 3 when preflight:
                name = "access-control-allow-headers"u8;
                value = Spell(_model.AllowHeaders, _headers);
                return true;
            case 4 when preflight:
                name = "access-control-max-age"u8;
                value = Bytes(_model.MaxAge);
                return true;
            case 5 when preflight:
                // Browsers read it from the answer itself; the Gateway API's suite looks for it here too.
                name = "access-control-expose-headers"u8;
                value = Bytes(_model.ExposeHeaders);
                return true;
            default:
                return false;
        }
    }

    /// <summary>With credentials a literal "*" means nothing to browsers (Fetch §3.2.5): what was asked for is spelled out instead.</summary>
    private ReadOnlySpan<byte> Spell(Utf8Text? configured, ReadOnlySpan<byte> requested) =>
        configured is { Text: "*" } && _model is { AllowCredentials: true } ? requested : Bytes(configured);

    private static ReadOnlySpan<byte> Bytes(Utf8Text? text) => text is null ? default : text.Span;
}
