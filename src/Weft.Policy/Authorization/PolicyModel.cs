using System.Collections.Immutable;
using Weft.Model.V1;

namespace Weft.Policy.Authorization;

/// <summary>One rule: a source, an operation and every condition. A part that asks nothing always holds. Immutable.</summary>
internal sealed class RuleModel
{
    private readonly ImmutableArray<SourceModel> _from;
    private readonly ImmutableArray<OperationModel> _to;
    private readonly ImmutableArray<ConditionModel> _when;

    public RuleModel(AuthorizationRule rule, string field, ProblemSink problems)
    {
        _from = [.. rule.From.Select((s, i) => new SourceModel(s, $"{field}.from[{i}]", problems))];
        _to = [.. rule.To.Select((o, i) => new OperationModel(o, $"{field}.to[{i}]", problems))];
        _when = [.. rule.When.Select((c, i) => new ConditionModel(c, $"{field}.when[{i}]", problems))];
        NeedsHttp = _from.Any(f => f.NeedsHttp) || _to.Any(t => t.NeedsHttp) || _when.Any(w => w.NeedsHttp);
    }

    public bool NeedsHttp { get; }

    /// <summary>Without HTTP the parts that ask for it are passed over: a deny gets wider; an allow rule of that kind is never asked.</summary>
    public bool Matches<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        bool from = _from.IsEmpty;
        for (int i = 0; i < _from.Length && !from; i++)
        {
            from = _from[i].Matches(ref request, http, connection);
        }

        bool to = from && _to.IsEmpty;
        for (int i = 0; i < _to.Length && from && !to; i++)
        {
            to = _to[i].Matches(ref request, http, connection);
        }

        for (int i = 0; i < _when.Length && to; i++)
        {
            to = _when[i].Matches(ref request, http, connection);
        }

        return to;
    }
}

/// <summary>A compiled authorization policy. Immutable.</summary>
public sealed class PolicyModel
{
    private readonly ImmutableArray<RuleModel> _rules;
    private readonly bool _allows;

    internal PolicyModel(AuthorizationPolicy policy, bool allows, string field, ProblemSink problems)
    {
        problems.At(policy.Origin);
        int before = problems.Count;
        Origin = policy.Origin is null ? OriginModel.None : new OriginModel(policy.Origin);
        DryRun = policy.DryRun;
        _allows = allows;
        _rules = [.. policy.Rules.Select((r, i) => new RuleModel(r, $"{field}.rules[{i}]", problems))];

        // Half a policy is worse than none: what cannot be read as a whole denies what it selects.
        Broken = policy.Broken || problems.Count != before;
    }

    public OriginModel Origin { get; }

    /// <summary>Its verdict is told, not enforced.</summary>
    public bool DryRun { get; }

    public bool Broken { get; }

    /// <summary>The first rule that holds, or -1.</summary>
    internal int FirstMatch<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        for (int i = 0; i < _rules.Length; i++)
        {
            var rule = _rules[i];
            if ((http || !_allows || !rule.NeedsHttp) && rule.Matches(ref request, http, connection))
            {
                return i;
            }
        }

        return -1;
    }
}
