using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

/// <summary>The http rules of one VirtualService, for one caller and port → routes in order.</summary>
/// <param name="find">A VirtualService by "namespace/name", for delegation.</param>
public sealed class HttpRoutes(IstioNames names, Func<string, VirtualServiceConfig?> find)
{
    /// <summary>Empty when no rule is for this caller and port: then the VirtualService does not apply at all.</summary>
    public IReadOnlyList<Route> Read(VirtualServiceConfig service, IstioScope scope)
    {
        List<Route> routes = [];
        foreach (HttpRule rule in Delegation.Rules(service, find))
        {
            foreach ((RouteMatch? match, Field written) in Matches(rule, scope))
            {
                routes.Add(Route(rule, match, written, scope.Port));
                if (match is null || HttpMatches.IsCatchAll(match))
                {
                    return routes; // nothing behind it can be reached
                }
            }
        }
        return routes;
    }

    private static IEnumerable<(RouteMatch? Match, Field Written)> Matches(HttpRule rule, IstioScope scope)
    {
        if (rule.Rule["match"].Count == 0)
        {
            yield return (null, default);
        }
        foreach (Field match in rule.Rule["match"].Items.Where(m => HttpMatches.AppliesTo(m, scope, rule.Owner.Namespace)))
        {
            yield return (HttpMatches.Read(match), match);
        }
    }

    private Route Route(HttpRule rule, RouteMatch? match, Field written, uint port)
    {
        Field source = rule.Rule;
        string name = string.Join('.', new[] { rule.Name, written["name"].Text }.Where(n => n.Length > 0));
        Route route = new() { Origin = OriginOf(rule.Owner, $"http[{rule.Index}]", name), Fault = FaultReader.Read(source["fault"]), Cors = CorsReader.Read(source["corsPolicy"]) };
        if (match is not null)
        {
            route.Matches.Add(match);
        }
        if (source["redirect"].Exists)
        {
            route.Redirect = Redirect(source["redirect"]);
        }
        else if (source["directResponse"].Exists)
        {
            route.Direct = Direct(source["directResponse"]);
        }
        else
        {
            route.Forward = Forward(rule, match, port);
        }
        (route.RequestHeaders, string authority) = HeaderOperations.Read(source["headers"]["request"]);
        (route.ResponseHeaders, _) = HeaderOperations.Read(source["headers"]["response"]);
        if (authority.Length > 0 && route.Forward is { } forward)
        {
            (forward.Rewrite ??= new Rewrite()).Authority = authority;
        }
        return route;
    }

    private Forward Forward(HttpRule rule, RouteMatch? match, uint port)
    {
        Field source = rule.Rule;
        string ns = rule.Owner.Namespace;
        Forward forward = new()
        {
            Rewrite = Rewrite(source["rewrite"], match),
            Timeout = source["timeout"].Duration is { Ticks: > 0 } timeout ? Duration.FromTimeSpan(timeout) : null,
            Retries = RetryReader.Read(source["retries"]),
        };
        if (SplitBy.Read(rule.Owner) is { } split)
        {
            forward.SplitKeys.Add(split);
        }
        forward.Clusters.AddRange(Weighted(source["route"], ns, port));
        IEnumerable<(Field Destination, Field Percent)> mirrors = source["mirrors"].Items.Select(m => (m["destination"], m["percentage"]["value"]));
        if (source["mirror"].Exists)
        {
            Field percent = source["mirrorPercentage"].Exists ? source["mirrorPercentage"]["value"] : source.Or("mirrorPercent", "mirror_percent");
            mirrors = mirrors.Prepend((source["mirror"], percent));
        }
        foreach ((Field destination, Field percent) in mirrors)
        {
            forward.Mirrors.Add(new Mirror { Cluster = Cluster(destination, ns, port), Percent = new Fraction { Ppm = percent.Exists ? FaultReader.Ppm(percent.Real) : FaultReader.Always } });
        }
        return forward;
    }

    /// <summary>A single destination takes everything whatever its weight says; in a list weight 0 takes nothing.</summary>
    private IEnumerable<WeightedCluster> Weighted(Field route, string ns, uint port)
    {
        foreach (Field destination in route.Items)
        {
            uint weight = route.Count == 1 ? 100 : destination["weight"].Number ?? 0;
            if (weight == 0)
            {
                continue;
            }
            WeightedCluster cluster = new() { Cluster = Cluster(destination["destination"], ns, port), Weight = weight };
            (cluster.RequestHeaders, string authority) = HeaderOperations.Read(destination["headers"]["request"]);
            (cluster.ResponseHeaders, _) = HeaderOperations.Read(destination["headers"]["response"]);
            if (authority.Length > 0)
            {
                cluster.Rewrite = new Rewrite { Authority = authority };
            }
            yield return cluster;
        }
    }

    private string Cluster(Field destination, string ns, uint port) =>
        names.Cluster(destination["host"].Text, ns, destination["port"]["number"].Number, destination["subset"].Text, port);

    /// <summary>
    /// `uri` takes the place of what the match named: the prefix of a prefix match, the whole path of any other. A rule
    /// without a path match matches the prefix "/".
    /// </summary>
    private static Rewrite? Rewrite(Field rewrite, RouteMatch? match)
    {
        if (!rewrite.Exists)
        {
            return null;
        }
        Rewrite read = new() { Authority = rewrite["authority"].Text };
        if (rewrite["uriRegexRewrite"].Exists)
        {
            read.Regex = new RegexRewrite { Match = rewrite["uriRegexRewrite"]["match"].Text, Substitution = rewrite["uriRegexRewrite"]["rewrite"].Text };
        }
        else if (rewrite["uri"].Text is { Length: > 0 } uri)
        {
            if (match?.Path is { } path && path.KindCase != StringMatch.KindOneofCase.Prefix)
            {
                read.Full = uri;
            }
            else
            {
                read.Prefix = uri;
                if (match is { Path: null })
                {
                    match.Path = new StringMatch { Prefix = "/" };
                }
            }
        }
        return read;
    }

    private static Redirect Redirect(Field redirect)
    {
        Redirect read = new()
        {
            Status = redirect["redirectCode"].Number is { } code and > 0 ? code : 301,
            Scheme = redirect["scheme"].Text,
            Authority = redirect["authority"].Text,
            Port = redirect["port"].Number ?? 0,
            DerivePort = redirect["derivePort"].Text switch
            {
                "FROM_PROTOCOL_DEFAULT" => Model.V1.Redirect.Types.PortFrom.Protocol,
                "FROM_REQUEST_PORT" => Model.V1.Redirect.Types.PortFrom.Request,
                _ => Model.V1.Redirect.Types.PortFrom.Default,
            },
        };
        if (redirect["uri"].Text is { Length: > 0 } uri)
        {
            read.Full = uri;
        }
        else if (redirect["prefixRewrite"].Text is { Length: > 0 } prefix)
        {
            read.Prefix = prefix;
        }
        return read;
    }

    private static DirectResponse Direct(Field direct)
    {
        DirectResponse read = new() { Status = direct["status"].Number ?? 200 };
        Field body = direct["body"];
        if (body["string"].Exists)
        {
            read.Body = Google.Protobuf.ByteString.CopyFromUtf8(body["string"].Text);
            read.ContentType = "text/plain";
        }
        else if (body["bytes"].Exists)
        {
            Span<byte> bytes = new byte[body["bytes"].Text.Length];
            read.Body = Convert.TryFromBase64String(body["bytes"].Text, bytes, out int length) ? Google.Protobuf.ByteString.CopyFrom(bytes[..length]) : Google.Protobuf.ByteString.Empty;
        }
        return read;
    }

    public static Origin OriginOf(Resource resource, string field, string rule = "") => new()
    {
        ApiVersion = resource.ApiVersion, Kind = resource.Kind, Namespace = resource.Namespace, Name = resource.Name, Field = field, RuleName = rule,
    };
}
