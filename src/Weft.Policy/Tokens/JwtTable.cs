using System.Collections.Immutable;
using Weft.Model.V1;

namespace Weft.Policy.Tokens;

/// <summary>What became of a request's tokens.</summary>
/// <param name="Status">0: it may go on; 401 or 403 otherwise.</param>
/// <param name="Claims">Null: it brought no token.</param>
/// <param name="Rule">Whose token it is.</param>
public readonly record struct JwtDecision(int Status, JwtClaims? Claims, JwtRule? Rule)
{
    public bool Allowed => Status == 0;
}

/// <summary>All token rules of a workload (Istio RequestAuthentication). A request without a token is anonymous; one whose tokens are all wrong is refused.</summary>
public sealed class JwtTable
{
    private const int Unauthorized = 401;
    private const int Forbidden = 403;

    private JwtTable(ImmutableArray<JwtRule> rules) => Rules = rules;

    public static JwtTable None { get; } = new([]);

    public ImmutableArray<JwtRule> Rules { get; }

    public bool IsEmpty => Rules.IsEmpty;

    public static JwtTable Compile(string name, IReadOnlyCollection<JwtIssuer> issuers, ICollection<PolicyProblem>? problems = null)
    {
        var sink = new ProblemSink(name, problems);
        return issuers.Count == 0 ? None : new JwtTable([.. issuers.Select((r, i) => new JwtRule(r, $"jwt_issuers[{i}]", sink))]);
    }

    /// <param name="unixSeconds">The time of day: tokens say until when they hold.</param>
    public JwtDecision Decide<T>(in T facts, long unixSeconds)
        where T : IRequestFacts, allows ref struct
    {
        ref T request = ref System.Runtime.CompilerServices.Unsafe.AsRef(in facts);
        if (IsPreflight(ref request))
        {
            return default; // browsers send none with it (Fetch §4.8)
        }

        int refused = 0;
        foreach (var rule in Rules)
        {
            if (!rule.TryFind(ref request, out var token))
            {
                continue;
            }

            var result = rule.Verify(token, unixSeconds, out var claims);
            if (result is JwtResult.Valid)
            {
                return new JwtDecision(0, claims, rule);
            }

            // The most telling refusal: a wrong audience is a valid token in the wrong place.
            refused = result is JwtResult.WrongAudience ? Forbidden : Math.Max(refused, Unauthorized);
        }

        return new JwtDecision(refused, null, null);
    }

    private static bool IsPreflight<T>(ref T facts)
        where T : IRequestFacts, allows ref struct =>
        facts.Method.SequenceEqual("OPTIONS"u8) && facts.TryGetHeader("origin"u8, out _) && facts.TryGetHeader("access-control-request-method"u8, out _);
}
