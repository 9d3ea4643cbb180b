using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>One subset, and the rule it was written in.</summary>
public sealed record SubsetConfig(string Name, IReadOnlyDictionary<string, string> Labels, Resource Owner, int Index)
{
    internal Field Policy { get; init; }
}

/// <summary>
/// All DestinationRules of one namespace for one host and workload selector, merged: subsets joined (the first of a name
/// wins), the traffic policy from the oldest that has one.
/// </summary>
public sealed class DestinationRuleConfig
{
    private readonly List<SubsetConfig> _subsets = [];

    public DestinationRuleConfig(Resource first, string clusterDomain)
    {
        Resource = first;
        Field spec = new(first.Spec);
        Host = HostNames.Complete(spec["host"].Text, first.Namespace, clusterDomain);
        Visibility = Visibility.Of(first.Namespace, spec["exportTo"].Texts);
        Selector = spec["workloadSelector"]["matchLabels"].Map;
        Merge(first);
    }

    /// <summary>The oldest: names the whole in origins.</summary>
    public Resource Resource { get; }

    public string Host { get; }

    public Visibility Visibility { get; }

    /// <summary>Empty: for every client of its scope.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; }

    public IReadOnlyList<SubsetConfig> Subsets => _subsets;

    /// <summary>The resource whose trafficPolicy holds; null when none of the merged ones has any.</summary>
    public Resource? PolicyOwner { get; private set; }

    internal Field Policy => PolicyOwner is { } owner ? new Field(owner.Spec, FieldPath.Root.Child("spec"))["trafficPolicy"] : default;

    /// <summary>Whether any of its policies names a credential for TLS.</summary>
    /// <param name="ns">Of the client, whose Secrets are meant.</param>
    public bool NamesCredential(string name, string ns) =>
        Policies().Select(p => p["tls"]["credentialName"].Text).Any(c => c.Length > 0 && CredentialReference.Resolve(c, ns) == $"{ns}/{name}");

    private IEnumerable<Field> Policies()
    {
        foreach (Field policy in _subsets.Select(s => s.Policy).Append(Policy))
        {
            yield return policy;
            foreach (Field port in policy["portLevelSettings"].Items)
            {
                yield return port;
            }
        }
    }

    public SubsetConfig? Subset(string name) => _subsets.FirstOrDefault(s => s.Name == name);

    /// <summary>Only while the index is built, in order of age.</summary>
    public void Merge(Resource other)
    {
        Field spec = new(other.Spec, FieldPath.Root.Child("spec"));
        int index = 0;
        foreach (Field subset in spec["subsets"].Items)
        {
            if (Subset(subset["name"].Text) is null)
            {
                _subsets.Add(new SubsetConfig(subset["name"].Text, subset["labels"].Map, other, index) { Policy = subset["trafficPolicy"] });
            }
            index++;
        }
        if (PolicyOwner is null && spec["trafficPolicy"].Exists)
        {
            PolicyOwner = other;
        }
    }
}
