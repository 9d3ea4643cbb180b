using Weft.Dialects.Fields;
using Weft.Model.V1;

namespace Weft.Dialects.GatewayApi;

/// <summary>GRPCRouteMatch → schema: a method is a path, "/package.Service/Method".</summary>
internal static class GrpcMatches
{
    public static IEnumerable<RouteMatch> Read(Field matches) =>
        matches.Count == 0 ? [new RouteMatch { Path = new StringMatch { PathPrefix = "/" } }] : matches.Items.Select(One);

    private static RouteMatch One(Field match)
    {
        RouteMatch read = new() { Path = Path(match["method"]) };
        read.Headers.AddRange(GatewayMatches.Headers(match["headers"]));
        return read;
    }

    private static StringMatch Path(Field method)
    {
        string service = method["service"].Text;
        string name = method["method"].Text;
        if (method["type"].Text == "RegularExpression")
        {
            return new StringMatch { Regex = $"/{(service.Length > 0 ? service : "[^/]+")}/{(name.Length > 0 ? name : "[^/]+")}" };
        }
        if (service.Length > 0 && name.Length > 0)
        {
            return new StringMatch { Exact = $"/{service}/{name}" };
        }
        if (service.Length > 0)
        {
            return new StringMatch { PathPrefix = "/" + service };
        }
        return name.Length > 0 ? new StringMatch { Regex = $"/[^/]+/{name}" } : new StringMatch { PathPrefix = "/" };
    }
}
