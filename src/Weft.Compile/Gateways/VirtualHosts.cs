using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;

namespace Weft.Compile.Gateways;

internal static class VirtualHosts
{
    /// <summary>
    /// One virtual host for each name, the most specific first. Routes of several VirtualServices join in the order given;
    /// catch-alls go to the end, so that an older "everything" does not hide a younger path.
    /// </summary>
    public static IEnumerable<VirtualHost> Merge(IEnumerable<HostRoutes> hosts)
    {
        foreach (IGrouping<string, HostRoutes> name in hosts.GroupBy(h => h.Host).OrderBy(g => g.Key, Comparer<string>.Create(HostNames.CompareSpecificity)))
        {
            string dialect = name.FirstOrDefault(h => h.Routes.Count > 0)?.Dialect ?? name.First().Dialect;
            HostRoutes[] owned = [.. name.Where(h => h.Dialect == dialect)];
            VirtualHost host = new() { HttpsRedirect = owned.Any(h => h.HttpsRedirect) };
            host.Hosts.Add(name.Key);
            Route[] routes = [.. owned.SelectMany(h => h.Routes)];
            host.Routes.AddRange(dialect == IstioKinds.Networking ? routes.Where(r => !IsCatchAll(r)).Concat(routes.Where(IsCatchAll)) : routes);
            yield return host;
        }
    }

    private static bool IsCatchAll(Route route) => route.Matches.Count == 0 || route.Matches.Any(HttpMatches.IsCatchAll);
}
