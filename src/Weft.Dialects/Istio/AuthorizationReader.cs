using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>security.istio.io AuthorizationPolicy → schema.</summary>
/// <param name="trustDomains">Own first, then aliases: a principal of any of them stands for all of them.</param>
public sealed class AuthorizationReader(IReadOnlyList<string> trustDomains)
{
    /// <summary>In policies this means the mesh's own trust domain, whatever it is called.</summary>
    private const string LocalTrustDomain = "cluster.local";

    public const string DryRun = "istio.io/dry-run";

    public AuthorizationPolicy Read(Resource resource)
    {
        AuthorizationPolicy policy = new()
        {
            Origin = HttpRoutes.OriginOf(resource, ""),
            DryRun = resource.Annotations.TryGetValue(DryRun, out string? dry) && dry == "true",
        };
        policy.Rules.AddRange(new Field(resource.Spec)["rules"].Items.Select(r => Rule(r, resource.Namespace)));
        return policy;
    }

    private AuthorizationRule Rule(Field rule, string ns)
    {
        AuthorizationRule read = new();
        read.From.AddRange(rule["from"].Items.Select(f => Source(f["source"], ns)));
        read.To.AddRange(rule["to"].Items.Select(t => Operation(t["operation"])));
        read.When.AddRange(rule["when"].Items.Select(Condition));
        return read;
    }

    private AuthorizationSource Source(Field source, string ns)
    {
        AuthorizationSource read = new();
        read.Principals.AddRange(Principals(source["principals"]));
        read.Principals.AddRange(source["trustDomains"].Texts.Select(TrustDomain));
        read.NotPrincipals.AddRange(Principals(source["notPrincipals"]));
        read.NotPrincipals.AddRange(source["notTrustDomains"].Texts.Select(TrustDomain));
        read.Namespaces.AddRange(Texts(source["namespaces"]));
        read.NotNamespaces.AddRange(Texts(source["notNamespaces"]));
        read.ServiceAccounts.AddRange(Accounts(source["serviceAccounts"], ns));
        read.NotServiceAccounts.AddRange(Accounts(source["notServiceAccounts"], ns));
        read.RequestPrincipals.AddRange(Texts(source["requestPrincipals"]));
        read.NotRequestPrincipals.AddRange(Texts(source["notRequestPrincipals"]));
        read.IpBlocks.AddRange(source["ipBlocks"].Texts);
        read.NotIpBlocks.AddRange(source["notIpBlocks"].Texts);
        read.RemoteIpBlocks.AddRange(source["remoteIpBlocks"].Texts);
        read.NotRemoteIpBlocks.AddRange(source["notRemoteIpBlocks"].Texts);
        return read;
    }

    private static AuthorizationOperation Operation(Field operation)
    {
        AuthorizationOperation read = new();
        read.Hosts.AddRange(Hosts(operation["hosts"]));
        read.NotHosts.AddRange(Hosts(operation["notHosts"]));
        read.Ports.AddRange(Ports(operation["ports"]));
        read.NotPorts.AddRange(Ports(operation["notPorts"]));
        read.Methods.AddRange(Texts(operation["methods"]));
        read.NotMethods.AddRange(Texts(operation["notMethods"]));
        read.Paths.AddRange(operation["paths"].Texts.Select(PathTemplate.Read));
        read.NotPaths.AddRange(operation["notPaths"].Texts.Select(PathTemplate.Read));
        return read;
    }

    private AuthorizationCondition Condition(Field condition)
    {
        string key = condition["key"].Text;
        AuthorizationCondition read = new() { Key = key };
        bool principal = key == "source.principal";
        read.Values.AddRange(principal ? Principals(condition["values"]) : Texts(condition["values"]));
        read.NotValues.AddRange(principal ? Principals(condition["notValues"]) : Texts(condition["notValues"]));
        return read;
    }

    private IEnumerable<StringMatch> Principals(Field list) => list.Texts.SelectMany(Aliases).Select(Pattern);

    private IEnumerable<string> Aliases(string principal)
    {
        int slash = principal.IndexOf('/');
        if (slash <= 0)
        {
            return [principal];
        }
        string domain = principal[..slash];
        return domain == LocalTrustDomain || trustDomains.Contains(domain) ? trustDomains.Select(d => d + principal[slash..]) : [principal];
    }

    private static StringMatch TrustDomain(string pattern) => pattern == "*" || pattern.EndsWith('*')
        ? Pattern(pattern)
        : new StringMatch { Prefix = pattern.TrimStart('*') + "/" };

    /// <summary>A bare name means the policy's own namespace.</summary>
    private static IEnumerable<StringMatch> Accounts(Field list, string ns) =>
        list.Texts.Select(a => new StringMatch { Exact = a.Contains('/') ? a : $"{ns}/{a}" });

    private static IEnumerable<uint> Ports(Field list) => list.Items.Select(p => p.Number ?? 0).Where(p => p is > 0 and <= ushort.MaxValue);

    private static IEnumerable<StringMatch> Hosts(Field list) => list.Texts.Select(h =>
    {
        StringMatch match = Pattern(h);
        match.IgnoreCase = match.KindCase != StringMatch.KindOneofCase.Present;
        return match;
    });

    private static IEnumerable<StringMatch> Texts(Field list) => list.Texts.Select(Pattern);

    /// <summary>"*" is presence, "x*" a prefix, "*x" a suffix, anything else itself.</summary>
    internal static StringMatch Pattern(string text)
    {
        if (text == "*")
        {
            return new StringMatch { Present = true };
        }
        if (text.EndsWith('*'))
        {
            return new StringMatch { Prefix = text[..^1] };
        }
        return text.StartsWith('*') ? new StringMatch { Suffix = text[1..] } : new StringMatch { Exact = text };
    }
}
