using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Policy.Routing;

namespace Weft.Cli.Explain;

/// <summary>
/// Says what the mesh would do with one request: (1) who asks (2) which frontend or listener (3) which route, by the proxy's
/// own tables (4) which endpoints (5) what the server's side says. Nothing is drawn and nothing is sent.
/// </summary>
internal sealed class Explainer(CompiledMesh mesh)
{
    private const int NotFound = 404;
    private const int Blackholed = 502;

    /// <summary>Null: the caller is a gateway that nobody knows.</summary>
    public ExplainResult? Explain(ExplainRequest request)
    {
        if (ExplainCaller.Find(mesh, request) is not { } caller)
        {
            return null;
        }
        ExplainResult result = new();
        if (caller.Note.Length > 0)
        {
            result.Because(caller.Note);
        }
        return request.IsGateway ? AtGateway(request, caller, result) : AtSidecar(request, caller, result);
    }

    private ExplainResult AtSidecar(ExplainRequest request, ExplainCaller caller, ExplainResult result)
    {
        FrontendLookup lookup = new(mesh.Frontends(caller.Scope), caller.Scope.Namespace);
        // A host that nobody knows may still carry a Host header that somebody has: on a by-host port that is enough.
        if ((lookup.Dialled(request.Host, request.ToPort) ?? ByHeader(request, lookup)) is not { } dialled)
        {
            return Unmatched(request, caller, result, lookup.Knows(request.Host));
        }
        (Frontend frontend, FrontendPort port) = dialled;
        result.Because($"{request.Host}:{request.ToPort} is {frontend.Name}, port {port.Port}{(port.Name.Length > 0 ? $" ({port.Name})" : "")} of {Origin(frontend.Origin)}.");
        string protocol = Protocol(port.Protocol, request);
        result.Protocol = protocol;
        if (protocol is "tcp" or "tls")
        {
            return Opaque(request, caller, result, (mesh.TcpRouteSet(port.TcpRouteSet, caller.Scope), frontend.VirtualAddresses), protocol);
        }
        if (ExplainFacts.Create(request, tls: false, out string refused) is not { } facts)
        {
            return result.Ends("no-route", 400, refused);
        }
        if (port.ByHost && lookup.Named(Encoding.UTF8.GetString(facts.Host), port.Port) is { } named && named.Frontend != frontend)
        {
            result.Because($"The Host header names {named.Frontend.Name}, and on a by-host port it picks the frontend.");
            port = named.Port;
        }
        facts.Port = (int)port.Port;
        RouteSet? set = mesh.RouteSet(port.RouteSet, caller.Scope);
        return set is null ? result.Ends("no-route", NotFound, $"There are no routes for {port.RouteSet}.") : Http(request, caller, result, set, facts);
    }

    private static (Frontend Frontend, FrontendPort Port)? ByHeader(ExplainRequest request, FrontendLookup lookup)
    {
        string host = request.Headers.LastOrDefault(h => h.Name.Equals("host", StringComparison.OrdinalIgnoreCase)).Value ?? "";
        int colon = host.IndexOf(':');
        return request.To.Scheme is "http" or "grpc" && lookup.Named(colon < 0 ? host : host[..colon], request.ToPort) is { Port.ByHost: true } named ? named : null;
    }

    private ExplainResult AtGateway(ExplainRequest request, ExplainCaller caller, ExplainResult result)
    {
        bool tls = request.To.Scheme is "https" or "tls" || request.Sni.Length > 0;
        if (ExplainGateways.Listener(mesh, caller, request, tls) is not { } listener)
        {
            return result.Ends("no-route", NotFound, $"The gateway has no {(tls ? "TLS " : "")}server for port {(request.Port > 0 ? request.Port : request.ToPort)}{(tls ? $" and server name {(request.Sni.Length > 0 ? request.Sni : request.Host)}" : "")}.");
        }
        result.Because($"Port {listener.Port} is {Origin(listener.Origin)}.");
        result.Listener = ExplainGateways.Write(listener);
        if (listener.RouteSet.Length == 0)
        {
            result.Protocol = tls ? "tls" : "tcp";
            return caller.Workload.Length > 0 && !new ExplainServer(mesh, request, null).Admits(result, caller.Workload, null, listener.Port, "gateway")
                ? result
                : Opaque(request, caller, result, (mesh.TcpRouteSet(listener.TcpRouteSet, caller.Scope), []), result.Protocol);
        }
        result.Protocol = Protocol(AppProtocol.Detect, request with { To = new UriBuilder(request.To) { Scheme = request.To.Scheme == "grpc" ? "grpc" : "http" }.Uri });
        if (ExplainFacts.Create(request, tls, out string refused) is not { } facts)
        {
            return result.Ends("no-route", 400, refused);
        }
        facts.Port = (int)listener.Port;
        ExplainServer server = new(mesh, request, facts);
        if (caller.Workload.Length > 0 && !server.Admits(result, caller.Workload, null, listener.Port, "gateway"))
        {
            return result;
        }
        RouteSet? set = mesh.RouteSet(listener.RouteSet, caller.Scope);
        return set is null ? result.Ends("no-route", NotFound, $"There are no routes for {listener.RouteSet}.") : Http(request, caller, result, set, facts);
    }

    private ExplainResult Http(ExplainRequest request, ExplainCaller caller, ExplainResult result, RouteSet set, ExplainFacts facts)
    {
        RouteTable table = RouteTable.Compile(set);
        RouteDecision decision = table.Decide(facts, 0);
        if (decision.Outcome == RouteOutcome.Redirect && !ExplainRoute.AbortsAll(decision.Route?.Fault))
        {
            result.Faults = ExplainRoute.Faults(decision.Route?.Fault);
            byte[] location = new byte[64 << 10];
            int length = decision.TryWriteLocation(facts, location, out int written) ? written : 0;
            string target = Encoding.UTF8.GetString(location, 0, length);
            result.Rule = decision.Route is null ? null : decision.Origin.ToString();
            result.Redirect = new JsonObject { ["status"] = decision.RedirectStatus, ["location"] = target };
            return result.Ends("redirect", decision.RedirectStatus, $"{(decision.Route is null ? "The server's httpsRedirect" : decision.Origin)} redirects to {target}.");
        }
        RouteExplanation explanation = table.Explain(facts);
        foreach (RouteTried tried in explanation.Tried)
        {
            result.Because(tried.ToString());
        }
        if (explanation.Route is not { } route)
        {
            return result.Ends("no-route", NotFound, explanation.VirtualHost is null ? $"No route has the host {Encoding.UTF8.GetString(facts.Authority)}." : "No rule matches.");
        }
        result.Rule = route.Origin.ToString();
        result.Because($"{route.Origin} matches{(explanation.Match is { } match ? MatchText(match) : "")}.");
        return new ExplainRoute(mesh, caller, request).Write(result, route, decision, facts);
    }

    private ExplainResult Opaque(ExplainRequest request, ExplainCaller caller, ExplainResult result, (TcpRouteSet? Routes, IReadOnlyList<ByteString> Addresses) dialled, string protocol)
    {
        if (dialled.Routes is not { } set)
        {
            return result.Ends("no-route", null, "The port has no routes.");
        }
        string sni = protocol == "tls" ? (request.Sni.Length > 0 ? request.Sni : request.Host).ToLowerInvariant() : request.Sni.ToLowerInvariant();
        // A name of the mesh is dialled by its virtual address; one that has none, as at a gateway, has nothing to match subnets by.
        if (!Policy.IpValue.TryParse(request.Host, out Policy.IpValue destination) && dialled.Addresses.Count > 0)
        {
            destination = Policy.IpValue.From(new IPAddress(dialled.Addresses[0].Span));
        }
        List<string> why = [];
        TcpRouteModel? route = TcpRouteTable.Compile(set).Explain(Encoding.UTF8.GetBytes(sni), destination, why);
        why.ForEach(result.Because);
        if (route is null)
        {
            return result.Ends("no-route", null, "No rule matches: the connection is closed.");
        }
        result.Rule = route.Origin.ToString();
        result.Because($"{route.Origin} matches.");
        return new ExplainRoute(mesh, caller, request).WriteOpaque(result, route);
    }

    private ExplainResult Unmatched(ExplainRequest request, ExplainCaller caller, ExplainResult result, bool known)
    {
        result.Protocol = Protocol(AppProtocol.Detect, request);
        bool http = result.Protocol is not ("tcp" or "tls");
        string what = known ? $"{request.Host} has no port {request.ToPort}" : $"Nobody that namespace {caller.Scope.Namespace} sees is called {request.Host}";
        if (mesh.Egress(caller.Scope) is { Cluster.Length: > 0 } egress)
        {
            result.Because($"{what}; an egressProxy takes it.");
            return ToEgress(request, caller, result, egress.Origin, new WeightedCluster { Cluster = egress.Cluster, Weight = 100 });
        }
        return mesh.AllowsAny(caller.Scope)
            ? result.Ends("passthrough", null, $"{what}; outboundTrafficPolicy ALLOW_ANY lets it pass to where it was going.")
            : result.Ends("blackhole", http ? Blackholed : null, $"{what}; outboundTrafficPolicy REGISTRY_ONLY refuses it. Add a ServiceEntry.");
    }

    private ExplainResult ToEgress(ExplainRequest request, ExplainCaller caller, ExplainResult result, Origin? origin, WeightedCluster cluster)
    {
        if (result.Protocol is "tcp" or "tls")
        {
            return Opaque(request, caller, result, (new TcpRouteSet { Routes = { new TcpRoute { Origin = origin, Clusters = { cluster } } } }, []), result.Protocol);
        }
        Route route = new() { Origin = origin, Forward = new Forward { Clusters = { cluster } } };
        RouteSet set = new() { VirtualHosts = { new VirtualHost { Hosts = { "*" }, Routes = { route } } } };
        return ExplainFacts.Create(request, tls: false, out string refused) is { } facts
            ? Http(request, caller, result, set, facts)
            : result.Ends("no-route", 400, refused);
    }

    /// <summary>What the port carries; for a port that nobody named, what this request looks like.</summary>
    private static string Protocol(AppProtocol declared, ExplainRequest request) => declared switch
    {
        AppProtocol.Http1 => request.To.Scheme == "grpc" ? "grpc" : "http",
        AppProtocol.Http2 => request.To.Scheme == "grpc" ? "grpc" : "http2",
        AppProtocol.Grpc => "grpc",
        AppProtocol.Tcp => "tcp",
        AppProtocol.Tls => "tls",
        _ => request.To.Scheme switch { "tcp" => "tcp", "https" or "tls" => "tls", "grpc" => "grpc", _ => "http" },
    };

    private static string MatchText(MatchModel match) => match.Name.Length > 0 ? $" by its match \"{match.Name}\"" : "";

    internal static string Origin(Origin? origin) => new Policy.OriginModel(origin).ToString() is { Length: > 0 } text ? text : "the default";
}
