using System.Text;
using System.Text.Json.Nodes;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Policy.Retries;
using Weft.Policy.Routing;

namespace Weft.Cli.Explain;

/// <summary>Writes what a route that was found does: faults, rewrites, destinations with their endpoints, then the server's side.</summary>
internal sealed class ExplainRoute(CompiledMesh mesh, ExplainCaller caller, ExplainRequest request)
{
    private const double PpmPerPercent = 10_000;
    private const int UnknownClusterStatus = 503;
    private const int NoEndpointsStatus = 503;
    private const uint Always = 1_000_000;

    public ExplainResult Write(ExplainResult result, RouteModel route, RouteDecision decision, ExplainFacts facts)
    {
        DestinationModel? single = route.Forward?.Destinations is [var only] ? only : null;
        result.RequestHeaders = ExplainHeaders.Write(single?.RequestHeaders, route.RequestHeaders);
        result.ResponseHeaders = ExplainHeaders.Write(single?.ResponseHeaders, route.ResponseHeaders);
        result.Faults = Faults(route.Fault);
        if (AbortsAll(route.Fault))
        {
            FaultModel fault = route.Fault!; // it aborts
            // A gRPC abort is an HTTP 200 whose trailers carry the status.
            return result.Ends("fault", fault.AbortHttpStatus > 0 ? fault.AbortHttpStatus : 200, $"{route.Origin} aborts every request.");
        }
        if (route.Direct is { } direct)
        {
            result.Body = Encoding.UTF8.GetString(direct.Body.Span);
            return result.Ends("direct", direct.Status, $"{route.Origin} answers {direct.Status} itself.");
        }
        if (route.Forward is not { } forward)
        {
            return result;
        }
        result.Cors = ExplainPolicy.Cors(route, facts);
        result.Rewrite = Rewrite(decision, facts);
        result.TimeoutMs = (long)forward.Timeout.TotalMilliseconds;
        result.Because(forward.Timeout > TimeSpan.Zero ? $"{route.Origin} gives it {forward.Timeout.TotalMilliseconds} ms." : "No resource sets a timeout.");
        result.Retries = Retries(forward.Retries);
        result.Mirrors = Mirrors(forward);
        if (!forward.SplitKeys.IsEmpty)
        {
            result.SplitBy = forward.SplitKeys.ToString();
            result.Because($"{route.Origin} keeps who comes with the same {result.SplitBy} with one version; who comes without it is sent by chance.");
        }
        result.Session = ExplainPolicy.Session(forward.Session);
        ExplainServer server = new(mesh, request, facts);
        return Destinations(result, forward.Destinations, server, caller.Scope.IsGateway ? null : caller.Workload);
    }

    public ExplainResult WriteOpaque(ExplainResult result, TcpRouteModel route) =>
        Destinations(result, route.Destinations, new ExplainServer(mesh, request, null), caller.Workload);

    private ExplainResult Destinations(ExplainResult result, IReadOnlyList<DestinationModel> destinations, ExplainServer server, string? workload)
    {
        DestinationModel[] written = [.. destinations.Where(d => d.Weight > 0)];
        JsonArray list = [];
        (DestinationModel Model, Cluster Cluster, EndpointSet? Endpoints)? first = null;
        int? invalid = null;
        bool known = false;
        foreach (DestinationModel destination in written)
        {
            string name = destination.Cluster;
            Cluster? cluster = destination.InvalidStatus > 0 ? null : mesh.Cluster(name, caller.Scope);
            EndpointSet? endpoints = cluster is null ? null : mesh.EndpointSet(name, caller.Scope);
            list.Add(Destination(destination, cluster, endpoints, written.Length == 1));
            if (cluster is null)
            {
                invalid ??= destination.InvalidStatus > 0 ? destination.InvalidStatus : UnknownClusterStatus;
                result.Because(destination.InvalidStatus > 0 ? $"{(name.Length > 0 ? name : "A backend")} is not a backend that this route may have: its share is answered {destination.InvalidStatus}."
                    : name.Contains('|') ? $"Subset {name[(name.IndexOf('|') + 1)..]} of {name[..name.IndexOf('|')]} is defined by no DestinationRule that {caller.Scope.Namespace} sees, or its service or port does not exist."
                    : $"{name} does not exist for namespace {caller.Scope.Namespace}.");
                continue;
            }
            known = true;
            bool empty = cluster.Discovery == Cluster.Types.Discovery.EndpointSet && endpoints is not { Endpoints.Count: > 0 };
            if (empty)
            {
                result.Because($"No ready workload serves {name}.");
            }
            else
            {
                first ??= (destination, cluster, endpoints);
            }
        }
        result.Destinations = list.Count > 0 ? list : null;
        if (first is not { } chosen)
        {
            return known ? result.Ends("no-endpoints", NoEndpointsStatus, "Nobody can take the request.")
                : result.Ends("unknown-cluster", invalid ?? UnknownClusterStatus, "The route has no destination that exists.");
        }
        result.Balancer = ExplainNames.Balancer(chosen.Cluster);
        result.Policy = ExplainPolicy.Write(chosen.Cluster, chosen.Endpoints);
        result.Because($"{chosen.Cluster.Name} is balanced by {result.Balancer}{(chosen.Cluster.Origin is { } origin ? $", see {Explainer.Origin(origin)}" : "")}.");
        foreach (string why in ExplainPolicy.Why(chosen.Cluster))
        {
            result.Because(why);
        }
        return server.Judge(result, caller, chosen.Cluster, chosen.Endpoints, workload);
    }

    private static JsonObject Destination(DestinationModel destination, Cluster? cluster, EndpointSet? endpoints, bool single)
    {
        (string service, uint port, string subset) = ExplainNames.Cluster(destination.Cluster);
        JsonObject json = new() { ["service"] = service, ["port"] = port };
        if (subset.Length > 0)
        {
            json["subset"] = subset;
        }
        json["weight"] = single ? 100 : destination.Weight;
        IEnumerable<string> addresses = cluster?.Discovery is Cluster.Types.Discovery.Dns or Cluster.Types.Discovery.LogicalDns
            ? cluster.Dns.Select(d => $"{d.Host}:{d.Port}")
            : endpoints?.Endpoints.Where(e => !e.Draining).Select(e => e.Address.Contains(':') ? $"[{e.Address}]:{e.Port}" : $"{e.Address}:{e.Port}") ?? [];
        json["endpoints"] = new JsonArray([.. addresses.Select(a => (JsonNode)a)]);
        if (!single && ExplainHeaders.Write(destination.RequestHeaders, null) is { } request)
        {
            json["requestHeaders"] = request;
        }
        if (!single && ExplainHeaders.Write(destination.ResponseHeaders, null) is { } response)
        {
            json["responseHeaders"] = response;
        }
        return json;
    }

    private static JsonObject? Rewrite(RouteDecision decision, ExplainFacts facts)
    {
        JsonObject json = [];
        byte[] path = new byte[64 << 10];
        if (decision.RewritePath(facts.Path, path, out int written) == RewriteStatus.Written)
        {
            json["path"] = Encoding.UTF8.GetString(path, 0, written);
        }
        if (decision.Authority is { } authority)
        {
            json["authority"] = authority.Text;
        }
        return json.Count > 0 ? json : null;
    }

    private static JsonObject Retries(RetryModel retries)
    {
        IEnumerable<string> on = retries.Attempts == 0 ? [] : retries.On.Select(ExplainNames.RetryOn);
        if (retries is { Attempts: > 0, Statuses.IsEmpty: false })
        {
            on = on.Append("retriable-status-codes");
        }
        JsonObject json = new()
        {
            ["attempts"] = retries.Attempts,
            ["on"] = new JsonArray([.. on.Select(o => (JsonNode)o)]),
            ["perTryTimeoutMs"] = (long)retries.PerTryTimeout.TotalMilliseconds,
        };
        if (retries.Attempts > 0)
        {
            json["backoffMs"] = (long)retries.BackoffBase.TotalMilliseconds;
            json["avoidsPrevious"] = retries.AvoidPreviousEndpoints;
        }
        if (retries.BackoffMin > TimeSpan.Zero)
        {
            json["backoffMinMs"] = (long)retries.BackoffMin.TotalMilliseconds;
        }
        if (retries.LeavesLocality)
        {
            json["leavesLocality"] = true;
        }
        if (!retries.Statuses.IsEmpty)
        {
            json["statuses"] = new JsonArray([.. retries.Statuses.Select(s => (JsonNode)s)]);
        }
        return json;
    }

    /// <summary>Before anything else that the route does.</summary>
    internal static bool AbortsAll(FaultModel? fault) => fault is { AbortPpm: >= Always } && fault.AbortHttpStatus + fault.AbortGrpcStatus > 0;

    internal static JsonArray? Faults(FaultModel? fault)
    {
        JsonArray faults = [];
        if (fault is { Delay.Ticks: > 0, DelayPpm: > 0 })
        {
            faults.Add(new JsonObject { ["kind"] = "delay", ["percent"] = fault.DelayPpm / PpmPerPercent, ["delayMs"] = (long)fault.Delay.TotalMilliseconds });
        }
        if (fault is { AbortPpm: > 0 })
        {
            JsonObject abort = new() { ["kind"] = "abort", ["percent"] = fault.AbortPpm / PpmPerPercent };
            abort[fault.AbortHttpStatus > 0 ? "status" : "grpcStatus"] = fault.AbortHttpStatus > 0 ? fault.AbortHttpStatus : fault.AbortGrpcStatus;
            faults.Add(abort);
        }
        return faults.Count > 0 ? faults : null;
    }

    private static JsonArray? Mirrors(ForwardModel forward)
    {
        JsonArray mirrors = [];
        foreach (MirrorModel mirror in forward.Mirrors.Where(m => m.Ppm > 0))
        {
            (string service, uint port, string subset) = ExplainNames.Cluster(mirror.Cluster.Text);
            JsonObject json = new() { ["service"] = service, ["port"] = port };
            if (subset.Length > 0)
            {
                json["subset"] = subset;
            }
            json["percent"] = mirror.Ppm / PpmPerPercent;
            mirrors.Add(json);
        }
        return mirrors.Count > 0 ? mirrors : null;
    }
}
