using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Compile.GatewayApi;

/// <summary>XBackendTrafficPolicies by the Service they target; of several the oldest holds. Of their fields the retry constraint is acted on.</summary>
internal sealed class BackendTrafficPolicies
{
    // Defaults of the API.
    private const double PercentDefault = 20;
    private const uint CountDefault = 10;
    private static readonly TimeSpan BudgetIntervalDefault = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RateIntervalDefault = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Namespace, string Service), Resource> _byTarget = [];

    public BackendTrafficPolicies(ResourceSnapshot snapshot)
    {
        foreach (Resource policy in snapshot.OfKind(GatewayKinds.ExperimentalGroup, GatewayKinds.BackendTrafficPolicy).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            foreach ((string service, _) in BackendTlsPolicies.Targets(policy))
            {
                _byTarget.TryAdd((policy.Namespace, service), policy);
            }
        }
    }

    /// <summary>The policy that has the target before this one; null when this one holds.</summary>
    public Resource? Winner(Resource policy, string service) => _byTarget.TryGetValue((policy.Namespace, service), out Resource? holder) && holder != policy ? holder : null;

    /// <summary>Null where nobody says anything about a service's retries.</summary>
    public RetryBudget? BudgetOf(ServiceConfig service)
    {
        if (service.IsServiceEntry || !_byTarget.TryGetValue((service.Namespace, service.Resource.Name), out Resource? policy) || new Field(policy.Spec)["retryConstraint"] is not { Exists: true } constraint)
        {
            return null;
        }
        Field rate = constraint["minRetryRate"];
        TimeSpan over = rate["interval"].Duration is { Ticks: > 0 } written ? written : RateIntervalDefault;
        return new RetryBudget
        {
            Percent = constraint["budget"]["percent"].Real ?? PercentDefault,
            Window = Duration.FromTimeSpan(constraint["budget"]["interval"].Duration is { Ticks: > 0 } window ? window : BudgetIntervalDefault),
            MinPerSecond = (uint)Math.Max(1, Math.Round((rate["count"].Number ?? CountDefault) / over.TotalSeconds)),
        };
    }
}
