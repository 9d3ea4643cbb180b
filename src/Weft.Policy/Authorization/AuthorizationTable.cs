using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Weft.Model.V1;

namespace Weft.Policy.Authorization;

/// <summary>
/// Who may call a workload. Any deny of any dialect denies; every dialect that has an allow-list must allow; with no opinion at all it is
/// allowed. Immutable, shared by all loops, swapped whole. A decision allocates nothing.
/// </summary>
public sealed class AuthorizationTable
{
    private readonly ImmutableArray<DialectRules> _dialects;

    private AuthorizationTable(IEnumerable<AuthorizationRules> rules, ProblemSink problems) =>
        _dialects = [.. rules.Select((r, i) => new DialectRules(r, $"authorization[{i}]", problems))];

    /// <summary>No rules: everything is allowed.</summary>
    public static AuthorizationTable Open { get; } = new([], new ProblemSink(string.Empty, null));

    public bool IsOpen => _dialects.IsEmpty;

    /// <summary>Never throws for what a resource says: a policy that cannot be read denies, and the cause is added to <paramref name="problems"/>.</summary>
    public static AuthorizationTable Compile(string workload, IEnumerable<AuthorizationRules> rules, ICollection<PolicyProblem>? problems = null) =>
        new(rules, new ProblemSink(workload, problems));

    public AuthorizationDecision Decide<T>(in T request, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct => Decide(ref Unsafe.AsRef(in request), true, connection);

    /// <summary>An opaque connection, which has no HTTP attributes.</summary>
    public AuthorizationDecision DecideConnection(in ConnectionFacts connection)
    {
        var nothing = default(NoRequest);
        return Decide(ref nothing, false, connection);
    }

    private AuthorizationDecision Decide<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        var answer = new AuthorizationDecision(AuthorizationReason.NoPolicy, null, -1, string.Empty, null, null);
        foreach (var dialect in _dialects)
        {
            answer = answer with
            {
                Audit = answer.Audit ?? dialect.FirstAudit(ref request, http, connection),
                Shadow = answer.Shadow ?? dialect.FirstShadow(ref request, http, connection),
            };
        }

        foreach (var dialect in _dialects)
        {
            if (dialect.Denies(ref request, http, connection, out var reason, out var policy, out int rule))
            {
                return answer with { Reason = reason, Policy = policy, RuleIndex = rule, Dialect = dialect.Name };
            }
        }

        foreach (var dialect in _dialects)
        {
            if (!dialect.HasAllowList)
            {
                continue;
            }

            if (!dialect.Allows(ref request, http, connection, out var policy, out int rule))
            {
                return answer with { Reason = AuthorizationReason.NoRuleAllows, Policy = null, RuleIndex = -1, Dialect = dialect.Name };
            }

            answer = answer with { Reason = AuthorizationReason.AllowedByRule, Policy = policy, RuleIndex = rule, Dialect = dialect.Name };
        }

        return answer;
    }

    /// <summary>What an opaque connection has for a request. Its members are never asked: rules know that there is no HTTP.</summary>
    private readonly struct NoRequest : IRequestFacts
    {
        public ReadOnlySpan<byte> Method => default;

        public ReadOnlySpan<byte> Path => default;

        public ReadOnlySpan<byte> Query => default;

        public ReadOnlySpan<byte> Authority => default;

        public ReadOnlySpan<byte> Scheme => default;

        public int Port => 0;

        public IpValue RemoteAddress => default;

        public ReadOnlySpan<byte> RequestPrincipal => default;

        public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
        {
            value = default;
            return false;
        }

        public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
        {
            value = default;
            return false;
        }
    }
}

/// <summary>The compiled rules of one dialect. Immutable.</summary>
internal sealed class DialectRules
{
    private readonly ImmutableArray<PolicyModel> _deny;
    private readonly ImmutableArray<PolicyModel> _allow;
    private readonly ImmutableArray<PolicyModel> _audit;
    private readonly ImmutableArray<ShadowDenial> _shadowDenials;
    private readonly ImmutableArray<PolicyModel> _shadowAllow;
    private readonly ShadowDenial _shadowAllowList;

    public DialectRules(AuthorizationRules rules, string field, ProblemSink problems)
    {
        Name = rules.Dialect;
        ImmutableArray<PolicyModel> deny = [.. rules.Deny.Select((p, i) => new PolicyModel(p, false, $"{field}.deny[{i}]", problems))];
        ImmutableArray<PolicyModel> allow = [.. rules.Allow.Select((p, i) => new PolicyModel(p, true, $"{field}.allow[{i}]", problems))];
        _audit = [.. rules.Audit.Select((p, i) => new PolicyModel(p, false, $"{field}.audit[{i}]", problems))];
        _deny = [.. deny.Where(p => !p.DryRun)];
        _allow = [.. allow.Where(p => !p.DryRun)];
        _shadowDenials = [.. deny.Where(p => p.DryRun).Select(p => new ShadowDenial(Name, p))];
        _shadowAllow = [.. allow.Where(p => p.DryRun)];
        _shadowAllowList = new ShadowDenial(Name, null);

        // A list of which every policy is a dry run is not enforced; the flag alone means a list that allows nothing.
        HasAllowList = _allow.Length > 0 || (rules.HasAllowList && _shadowAllow.IsEmpty);
    }

    public string Name { get; }

    public bool HasAllowList { get; }

    /// <summary>Broken policies of both kinds deny; so they are looked at before any rule.</summary>
    public bool Denies<T>(ref T request, bool http, in ConnectionFacts connection, out AuthorizationReason reason, out PolicyModel? policy, out int rule)
        where T : IRequestFacts, allows ref struct
    {
        policy = FirstBroken(_deny) ?? FirstBroken(_allow);
        rule = -1;
        reason = AuthorizationReason.BrokenPolicy;
        if (policy is not null)
        {
            return true;
        }

        reason = AuthorizationReason.DeniedByRule;
        return FirstMatch(_deny, ref request, http, connection, out policy, out rule);
    }

    public bool Allows<T>(ref T request, bool http, in ConnectionFacts connection, out PolicyModel? policy, out int rule)
        where T : IRequestFacts, allows ref struct => FirstMatch(_allow, ref request, http, connection, out policy, out rule);

    public PolicyModel? FirstAudit<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        FirstMatch(_audit, ref request, http, connection, out var policy, out _);
        return policy;
    }

    /// <summary>Dry-run denies that match; else a dry-run allow-list that, together with the enforced one, would not let it in.</summary>
    public ShadowDenial? FirstShadow<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        foreach (var denial in _shadowDenials)
        {
            if (denial.Policy is { } policy && (policy.Broken || policy.FirstMatch(ref request, http, connection) >= 0))
            {
                return denial;
            }
        }

        return _shadowAllow.IsEmpty
            || FirstMatch(_shadowAllow, ref request, http, connection, out _, out _)
            || FirstMatch(_allow, ref request, http, connection, out _, out _)
                ? null
                : _shadowAllowList;
    }

    private static PolicyModel? FirstBroken(ImmutableArray<PolicyModel> policies)
    {
        foreach (var policy in policies)
        {
            if (policy.Broken)
            {
                return policy;
            }
        }

        return null;
    }

    private static bool FirstMatch<T>(
        ImmutableArray<PolicyModel> policies, ref T request, bool http, in ConnectionFacts connection, out PolicyModel? policy, out int rule)
        where T : IRequestFacts, allows ref struct
    {
        foreach (var candidate in policies)
        {
            rule = candidate.FirstMatch(ref request, http, connection);
            if (rule >= 0)
            {
                policy = candidate;
                return true;
            }
        }

        policy = null;
        rule = -1;
        return false;
    }
}
