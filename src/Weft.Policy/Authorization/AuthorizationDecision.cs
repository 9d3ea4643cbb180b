namespace Weft.Policy.Authorization;

/// <summary>Why a request or connection was let in or refused.</summary>
public enum AuthorizationReason : byte
{
    /// <summary>Nobody has an opinion.</summary>
    NoPolicy,
    AllowedByRule,
    DeniedByRule,

    /// <summary>There is an allow-list, and no rule of it matches.</summary>
    NoRuleAllows,

    /// <summary>A policy that selects this workload cannot be read and has no last good version.</summary>
    BrokenPolicy,
}

/// <summary>The verdict about one request or connection, with what it rests on.</summary>
/// <param name="Policy">The policy that decided; null when none did, or when a whole allow-list said nothing.</param>
/// <param name="RuleIndex">The rule of that policy; -1 when there is none to name.</param>
/// <param name="Dialect">Whose rules decided.</param>
/// <param name="Shadow">A dry-run policy that would have refused it; null when none would.</param>
/// <param name="Audit">An audit policy that matches; null when none does.</param>
public readonly record struct AuthorizationDecision(
    AuthorizationReason Reason, PolicyModel? Policy, int RuleIndex, string Dialect, ShadowDenial? Shadow, PolicyModel? Audit)
{
    public bool Allowed => Reason is AuthorizationReason.NoPolicy or AuthorizationReason.AllowedByRule;

    /// <summary>One sentence for people: log lines and explain. Allocates.</summary>
    public override string ToString() => Reason switch
    {
        AuthorizationReason.NoPolicy => "No authorization policy selects it, so it is allowed.",
        AuthorizationReason.AllowedByRule => $"{Policy?.Origin} rule[{RuleIndex}] allows it.",
        AuthorizationReason.DeniedByRule => $"{Policy?.Origin} rule[{RuleIndex}] denies it.",
        AuthorizationReason.BrokenPolicy => $"{Policy?.Origin} cannot be read and so denies all that it selects; correct it.",
        _ => $"The {Dialect} policies have an allow-list and none of its rules matches; add a rule that allows it.",
    };
}

/// <summary>What a dry-run policy would have refused. Preallocated with the table, so that telling it costs nothing.</summary>
/// <param name="Policy">Null when it is an allow-list that would not have let it in.</param>
public sealed record ShadowDenial(string Dialect, PolicyModel? Policy);
