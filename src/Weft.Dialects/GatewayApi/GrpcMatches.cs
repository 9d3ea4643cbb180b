using Weft.Dialects.Fields;
using Weft.Model.V1;

namespace Weft.Dialects.GatewayApi;

/// <summary>GRPCRouteMatch → schema: a method is a path, "/package.Service/Method".</summary>
internal static class GrpcMatches
{
    private const int LengthBits = 11; // the API's longest method has 1024 characters

    public static IEnumerable<RouteMatch> Read(Field matches) =>
        matches.Count == 0 ? [new RouteMatch { Path = new StringMatch { PathPrefix = "/" } }] : matches.Items.Select(One);

    /// <summary>
    /// Kind and length as of a path: gRPC rules are ordered by the characters of the service, then of the method, whatever type they are
    /// of. A method of any service comes behind all that name one, and before what takes everything.
    /// </summary>
    public static (int Kind, int Length) Rank(Field matches, int index)
    {
        Field method = matches.Items.ElementAtOrDefault(index)["method"];
        (int service, int name) = (method["service"].Text.Length, method["method"].Text.Length);
        return service > 0 ? (3, (service << LengthBits) + name) : (1, 1 + name);
    }

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
            // Each expression is of its own part: an alternative in one must not reach over the slash.
            return new StringMatch { Regex = $"/{(service.Length > 0 ? $"(?:{service})" : "[^/]+")}/{(name.Length > 0 ? $"(?:{name})" : "[^/]+")}" };
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
