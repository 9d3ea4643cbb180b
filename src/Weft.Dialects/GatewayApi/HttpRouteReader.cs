using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Model.V1;
using Weft.Resources;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.GatewayApi;

/// <summary>HTTPRoute and GRPCRoute → ranked routes. The kinds' own defaults are applied here: files skip an API server's.</summary>
/// <param name="resolve">A backendRef of a namespace → its cluster.</param>
public sealed class HttpRouteReader(Func<Resource, RouteBackendRef, RouteBackend> resolve)
{
    private const uint InvalidBackendStatus = 500;

    /// <summary>Of a gRPC route: the edge answers 503 to a gRPC call as UNAVAILABLE.</summary>
    private const uint InvalidGrpcBackendStatus = 503;

    public IEnumerable<RankedRoute> Read(Resource resource)
    {
        bool grpc = resource.Kind == GatewayKinds.GrpcRoute;
        int ruleIndex = 0;
        foreach (Field rule in new Field(resource.Spec, FieldPath.Root.Child("spec"))["rules"].Items)
        {
            int matchIndex = 0;
            foreach (RouteMatch match in grpc ? GrpcMatches.Read(rule["matches"]) : GatewayMatches.Read(rule["matches"]))
            {
                (int Kind, int Length) path = grpc ? GrpcMatches.Rank(rule["matches"], matchIndex) : PathRank(match);
                yield return new RankedRoute(Build(resource, rule, ruleIndex, match, grpc), resource, ruleIndex, matchIndex++)
                {
                    PathKind = path.Kind, PathLength = path.Length, HasMethod = match.Method is not null, Headers = match.Headers.Count, Query = match.Query.Count,
                };
            }
            ruleIndex++;
        }
    }

    private static (int Kind, int Length) PathRank(RouteMatch match) => match.Path?.KindCase switch
    {
        StringMatch.KindOneofCase.Exact => (3, match.Path.Exact.Length),
        // The specification leaves expressions open; behind prefixes the default prefix "/" would hide them all.
        StringMatch.KindOneofCase.Regex => (2, match.Path.Regex.Length),
        StringMatch.KindOneofCase.PathPrefix => (1, match.Path.PathPrefix.Length),
        _ => (0, 0),
    };

    private Route Build(Resource resource, Field rule, int index, RouteMatch match, bool grpc)
    {
        Route route = new() { Origin = HttpRoutes.OriginOf(resource, $"rules[{index}]", rule["name"].Text) };
        route.Matches.Add(match);
        Field redirect = Filter(rule, "RequestRedirect");
        if (rule["filters"].Items.Any(f => f["type"].Text is "ExtensionRef" or "ExternalAuth"))
        {
            // Filters are never skipped: a rule whose filter cannot be run answers with an error.
            route.Direct = new DirectResponse { Status = InvalidBackendStatus };
        }
        else if (redirect.Exists)
        {
            route.Redirect = GatewayFilters.Redirect(redirect["requestRedirect"]);
        }
        else
        {
            route.Forward = Forward(resource, rule, match, grpc);
        }
        GatewayFilters.Headers(rule["filters"], out HeaderEdits? request, out HeaderEdits? response);
        route.RequestHeaders = request;
        route.ResponseHeaders = response;
        route.Cors = GatewayFilters.Cors(Filter(rule, "CORS")["cors"]);
        return route;
    }

    private Forward Forward(Resource resource, Field rule, RouteMatch match, bool grpc)
    {
        Forward forward = new() { Rewrite = GatewayFilters.Rewrite(Filter(rule, "URLRewrite")["urlRewrite"], match) };
        foreach (Field backend in rule["backendRefs"].Items)
        {
            uint weight = rule["backendRefs"].Count == 1 && backend["weight"].Number != 0 ? 100 : backend["weight"].Number ?? 1;
            if (weight > 0)
            {
                forward.Clusters.Add(Weighted(resource, backend, weight, match, grpc));
            }
        }
        if (forward.Clusters.Count == 0)
        {
            forward.Clusters.Add(new WeightedCluster { Weight = 100, InvalidStatus = grpc ? InvalidGrpcBackendStatus : InvalidBackendStatus });
        }
        foreach (Field filter in rule["filters"].Items.Where(f => f["type"].Text == "RequestMirror"))
        {
            Field mirror = filter["requestMirror"];
            RouteBackend target = resolve(resource, RouteBackendRef.Of(mirror["backendRef"]));
            if (target.IsUsable)
            {
                forward.Mirrors.Add(new Mirror { Cluster = target.Cluster, Percent = GatewayFilters.MirrorShare(mirror) });
            }
        }
        Times(forward, rule);
        forward.Session = GatewayFilters.Session(rule["sessionPersistence"]);
        return forward;
    }

    private WeightedCluster Weighted(Resource resource, Field backend, uint weight, RouteMatch match, bool grpc)
    {
        RouteBackend target = resolve(resource, RouteBackendRef.Of(backend));
        WeightedCluster cluster = new() { Cluster = target.Cluster, Weight = weight };
        if (!target.IsUsable || !GatewayFilters.AreRunnable(backend))
        {
            cluster.InvalidStatus = grpc ? InvalidGrpcBackendStatus : InvalidBackendStatus;
        }
        GatewayFilters.Headers(backend["filters"], out HeaderEdits? request, out HeaderEdits? response);
        cluster.RequestHeaders = request;
        cluster.ResponseHeaders = response;
        cluster.Rewrite = GatewayFilters.Rewrite(Filter(backend, "URLRewrite")["urlRewrite"], match);
        return cluster;
    }

    /// <summary>`request` spans all tries; `backendRequest` bounds one. Without a retry rule one try is all there is, so the smaller holds.</summary>
    private static void Times(Forward forward, Field rule)
    {
        TimeSpan? request = rule["timeouts"]["request"].Duration is { Ticks: > 0 } r ? r : null;
        TimeSpan? backend = rule["timeouts"]["backendRequest"].Duration is { Ticks: > 0 } b ? b : null;
        Field retry = rule["retry"];
        if (retry.Exists)
        {
            forward.Retries = Retry(retry);
            forward.Retries.PerTryTimeout = backend is { } perTry ? Duration.FromTimeSpan(perTry) : null;
        }
        else if (backend is { } one)
        {
            request = request is { } all && all < one ? all : one;
        }
        forward.Timeout = request is { } limit ? Duration.FromTimeSpan(limit) : null;
    }

    private static RetryPolicy Retry(Field retry)
    {
        RetryPolicy policy = new() { Attempts = retry["attempts"].Number ?? 1 };
        policy.On.Add([RetryOn.ConnectFailure, RetryOn.RefusedStream, RetryOn.Reset]);
        policy.Statuses.AddRange(retry["codes"].Items.Select(c => c.Number ?? 0).Where(c => c > 0));
        if (retry["backoff"].Duration is { Ticks: > 0 } backoff)
        {
            policy.BackoffBase = Duration.FromTimeSpan(backoff);
            policy.BackoffMin = policy.BackoffBase; // the API allows jitter above what is written, not below
            policy.BackoffMax = Duration.FromTimeSpan(backoff * 10);
        }
        return policy;
    }

    private static Field Filter(Field rule, string type) => rule["filters"].Items.FirstOrDefault(f => f["type"].Text == type);
}
