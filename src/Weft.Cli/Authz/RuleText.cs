using System.Text.Json.Nodes;
using Weft.Model.V1;

namespace Weft.Cli.Authz;

/// <summary>The parts of an authorization rule in the words of the resource that it was written in.</summary>
internal static class RuleText
{
    public static JsonObject Write(AuthorizationRule rule)
    {
        JsonObject json = [];
        Put(json, "from", rule.From.Select(Source));
        Put(json, "to", rule.To.Select(Operation));
        Put(json, "when", rule.When.Select(c => Join(Values(c.Key, c.Values), Values($"not {c.Key}", c.NotValues))));
        return json;
    }

    private static string Source(AuthorizationSource s) => Join(
        Values("principals", s.Principals), Values("notPrincipals", s.NotPrincipals), Values("namespaces", s.Namespaces), Values("notNamespaces", s.NotNamespaces),
        Values("serviceAccounts", s.ServiceAccounts), Values("notServiceAccounts", s.NotServiceAccounts),
        Values("requestPrincipals", s.RequestPrincipals), Values("notRequestPrincipals", s.NotRequestPrincipals),
        Values("ipBlocks", s.IpBlocks), Values("notIpBlocks", s.NotIpBlocks), Values("remoteIpBlocks", s.RemoteIpBlocks), Values("notRemoteIpBlocks", s.NotRemoteIpBlocks));

    private static string Operation(AuthorizationOperation o) => Join(
        Values("hosts", o.Hosts), Values("notHosts", o.NotHosts), Values("ports", o.Ports.Select(p => $"{p}")), Values("notPorts", o.NotPorts.Select(p => $"{p}")),
        Values("methods", o.Methods), Values("notMethods", o.NotMethods), Values("paths", o.Paths), Values("notPaths", o.NotPaths));

    private static string Join(params ReadOnlySpan<string> parts)
    {
        List<string> said = [];
        foreach (string part in parts)
        {
            if (part.Length > 0)
            {
                said.Add(part);
            }
        }

        return said.Count == 0 ? "*" : string.Join(' ', said);
    }

    private static string Values(string name, IEnumerable<StringMatch> values) => Values(name, values.Select(Text));

    private static string Values(string name, IEnumerable<string> values) => values.ToArray() is { Length: > 0 } all ? $"{name}={string.Join(',', all)}" : "";

    private static string Text(StringMatch match) => match.KindCase switch
    {
        StringMatch.KindOneofCase.Exact => match.Exact,
        StringMatch.KindOneofCase.Prefix => $"{match.Prefix}*",
        StringMatch.KindOneofCase.Suffix => $"*{match.Suffix}",
        StringMatch.KindOneofCase.PathPrefix => $"{match.PathPrefix}/*",
        StringMatch.KindOneofCase.Regex => $"~{match.Regex}",
        _ => "*",
    };

    private static void Put(JsonObject json, string name, IEnumerable<string> parts)
    {
        if (parts.ToArray() is { Length: > 0 } all)
        {
            json[name] = new JsonArray([.. all.Select(p => (JsonNode)p)]);
        }
    }
}
