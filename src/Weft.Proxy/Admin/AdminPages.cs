using System.Text.Json;
using Weft.Identity;
using Weft.Policy.Routing;
using Weft.Proxy.Overload;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.State.Workloads;

namespace Weft.Proxy.Admin;

/// <summary>What the proxy really has, as lists of flat objects that people and `weft proxy-config` read. Secrets are never among it.</summary>
internal static class AdminPages
{
    public static AdminAnswer Listeners(MeshState mesh, IReadOnlyList<(string Name, string Address)> open) => AdminAnswer.Json(json =>
    {
        json.WriteStartArray();
        foreach ((string name, string address) in open)
        {
            json.WriteStartObject();
            json.WriteString("kind", "socket");
            json.WriteString("name", name);
            json.WriteString("address", address);
            json.WriteEndObject();
        }

        foreach (InboundPortModel port in mesh.Workload?.Inbound ?? [])
        {
            json.WriteStartObject();
            json.WriteString("kind", "inbound");
            json.WriteString("name", port.Name);
            json.WriteNumber("port", port.Port);
            json.WriteString("protocol", port.Protocol.ToString());
            json.WriteString("mtls", port.Mtls.ToString());
            json.WriteString("service", port.Service);
            json.WriteEndObject();
        }

        foreach (GatewayListenerModel listener in mesh.Workload?.Listeners ?? [])
        {
            json.WriteStartObject();
            json.WriteString("kind", "gateway");
            json.WriteString("name", listener.Name);
            json.WriteNumber("port", listener.Port);
            json.WriteString("protocol", listener.Protocol.ToString());
            json.WriteString("hosts", string.Join(",", listener.Hosts));
            json.WriteString("tls", listener.TlsMode.ToString());
            json.WriteString("routes", listener.Routes?.Name ?? listener.TcpRoutes?.Name ?? "");
            json.WriteEndObject();
        }

        Frontends(json, mesh.Frontends);
        json.WriteEndArray();
    });

    /// <summary>How near each limit is; a limit of 0 is none.</summary>
    public static AdminAnswer Overload(ProxyGuard guard) => AdminAnswer.Json(json =>
    {
        OverloadReport last = guard.Overload;
        json.WriteStartObject();
        json.WriteNumber("step", (int)last.Step);
        json.WriteString("state", last.Step.ToString());
        json.WriteNumber("pressure", Math.Round(last.Pressure.Share, 3));
        json.WriteString("resource", last.Pressure.Of);
        foreach ((string name, long used, long limit) in new[]
        {
            ("memoryBytes", last.Use.MemoryBytes, guard.Limits.MemoryBytes), ("descriptors", last.Use.Descriptors, guard.Limits.Descriptors),
            ("connections", last.Use.Connections, guard.Limits.Connections),
        })
        {
            json.WriteStartObject(name);
            json.WriteNumber("used", used);
            json.WriteNumber("limit", limit);
            json.WriteEndObject();
        }

        json.WriteNumber("loopStalls", guard.Stalls);
        json.WriteEndObject();
    });

    public static AdminAnswer Routes(MeshState mesh) => AdminAnswer.Json(json =>
    {
        json.WriteStartArray();
        foreach (ResourceCell<RouteTable> cell in mesh.Cells.AllRoutes.Where(c => c.Status != CellStatus.Unasked).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            if (cell.Model is null)
            {
                Status(json, cell.Name, cell.Status);
                continue;
            }

            foreach (VirtualHostModel host in cell.Model.VirtualHosts)
            {
                foreach (RouteModel route in host.Routes)
                {
                    Route(json, cell.Name, host, route);
                }
            }
        }

        foreach (ResourceCell<TcpRouteTable> cell in mesh.Cells.AllTcpRoutes.Where(c => c.Status != CellStatus.Unasked).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            if (cell.Model is null)
            {
                Status(json, cell.Name, cell.Status);
                continue;
            }

            foreach (TcpRouteModel route in cell.Model.Routes)
            {
                json.WriteStartObject();
                json.WriteString("name", cell.Name);
                json.WriteString("hosts", string.Join(",", route.SniHosts));
                json.WriteString("rule", route.Origin.ToString());
                json.WriteString("to", Destinations(route.Destinations));
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    });

    public static AdminAnswer Clusters(MeshState mesh) => AdminAnswer.Json(json =>
    {
        json.WriteStartArray();
        foreach (ResourceCell<ClusterState> cell in mesh.Cells.AllClusters.Where(c => c.Status != CellStatus.Unasked).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            if (cell.Model is not { } state)
            {
                Status(json, cell.Name, cell.Status);
                continue;
            }

            ClusterConfig config = state.Model.Config;
            json.WriteStartObject();
            json.WriteString("name", cell.Name);
            json.WriteString("service", config.Service);
            json.WriteNumber("port", config.Port);
            json.WriteString("subset", config.Subset);
            json.WriteString("protocol", config.Protocol.ToString());
            json.WriteString("balancer", state.Balancer.Balancer.Kind.ToString());
            json.WriteString("tls", config.Tls.Mode.ToString());
            json.WriteNumber("endpoints", state.Model.Endpoints.Length);
            json.WriteNumber("requestsActive", state.Load.Used(Policy.Limits.ClusterResource.Requests));
            json.WriteNumber("ejected", state.Model.Endpoints.Count(e => e.Balanced.State.IsEjected));
            json.WriteNumber("unhealthy", state.Model.Endpoints.Count(e => e.Balanced.State.IsUnhealthy));
            json.WriteNumber("ejections", state.Balancer.Ejections);
            Breakers(json, state);
            json.WriteString("origin", config.Origin.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>What is in use of each limit; a limit of 0 is none.</summary>
    private static void Breakers(Utf8JsonWriter json, ClusterState state)
    {
        Model.V1.ConnectionLimits? limits = state.Model.Config.Limits;
        json.WriteStartObject("breakers");
        foreach ((string name, Policy.Limits.ClusterResource resource, uint limit) in new[]
        {
            ("connections", Policy.Limits.ClusterResource.Connections, limits?.Connections ?? 0), ("pending", Policy.Limits.ClusterResource.Pending, limits?.Pending ?? 0),
            ("requests", Policy.Limits.ClusterResource.Requests, limits?.Requests ?? 0), ("retries", Policy.Limits.ClusterResource.Retries, limits?.Retries ?? 0),
        })
        {
            long used = state.Load.Used(resource);
            json.WriteStartObject(name);
            json.WriteNumber("used", used);
            json.WriteNumber("limit", limit);
            json.WriteNumber("overflows", state.Load.Overflows(resource));
            json.WriteBoolean("open", limit > 0 && used >= limit);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static AdminAnswer Endpoints(MeshState mesh) => AdminAnswer.Json(json =>
    {
        json.WriteStartArray();
        foreach (ResourceCell<ClusterState> cell in mesh.Cells.AllClusters.Where(c => c.Model is not null).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            foreach (EndpointModel endpoint in cell.Model?.Model.Endpoints ?? [])
            {
                json.WriteStartObject();
                json.WriteString("cluster", cell.Name);
                json.WriteString("workload", endpoint.Workload);
                json.WriteString("address", endpoint.Text);
                json.WriteNumber("targetPort", endpoint.TargetPort);
                json.WriteString("peer", endpoint.PeerProtocol);
                json.WriteString("identity", endpoint.Identity?.Text ?? "");
                json.WriteNumber("weight", endpoint.Balanced.Weight);
                json.WriteString("health", Health(endpoint));
                json.WriteString("lastProbe", endpoint.Balanced.State.HealthNote);
                json.WriteNumber("active", endpoint.Balanced.State.Active);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    });

    private static string Health(EndpointModel endpoint) => endpoint switch
    {
        { IsDraining: true } => "draining",
        { Balanced.State.IsUnhealthy: true } => "unhealthy",
        { Balanced.State.IsEjected: true } => "ejected",
        _ => "healthy",
    };

    public static AdminAnswer Policies(MeshState mesh) => AdminAnswer.Json(json =>
    {
        json.WriteStartArray();
        foreach (InboundPortModel port in mesh.Workload?.Inbound ?? [])
        {
            json.WriteStartObject();
            json.WriteString("kind", "mtls");
            json.WriteNumber("port", port.Port);
            json.WriteString("action", port.Mtls.ToString());
            json.WriteString("origin", port.MtlsOrigin.ToString());
            json.WriteEndObject();
        }

        foreach (PolicySummary policy in mesh.Workload?.Policies ?? [])
        {
            json.WriteStartObject();
            json.WriteString("kind", "authorization");
            json.WriteString("dialect", policy.Dialect);
            json.WriteString("action", policy.Action);
            json.WriteString("origin", policy.Origin);
            json.WriteNumber("rules", policy.Rules);
            json.WriteBoolean("dryRun", policy.IsDryRun);
            json.WriteBoolean("broken", policy.IsBroken);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static AdminAnswer Certificates(WorkloadIdentity? identity) => AdminAnswer.Json(json =>
    {
        json.WriteStartArray();
        if (identity is not null)
        {
            json.WriteStartObject();
            json.WriteString("name", identity.Id.Text);
            json.WriteString("serial", identity.Serial);
            json.WriteString("sha256", identity.Fingerprint);
            json.WriteString("notBefore", identity.NotBefore);
            json.WriteString("notAfter", identity.NotAfter);
            json.WriteNumber("roots", identity.Bundle.Roots.Length);
            json.WriteString("bundle", identity.Bundle.Fingerprint);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void Frontends(Utf8JsonWriter json, FrontendTable frontends)
    {
        foreach (FrontendPortModel port in frontends.All.SelectMany(f => f.Ports))
        {
            json.WriteStartObject();
            json.WriteString("kind", "outbound");
            json.WriteString("name", port.Frontend.Name);
            json.WriteString("address", string.Join(",", port.Frontend.VirtualAddresses));
            json.WriteNumber("port", port.Port);
            json.WriteString("protocol", port.Protocol.ToString());
            json.WriteString("routes", port.RoutesName);
            json.WriteEndObject();
        }
    }

    private static void Route(Utf8JsonWriter json, string set, VirtualHostModel host, RouteModel route)
    {
        json.WriteStartObject();
        json.WriteString("name", set);
        json.WriteString("hosts", string.Join(",", host.Hosts));
        json.WriteString("rule", route.Origin.ToString());
        json.WriteNumber("matches", route.Matches.Length);
        json.WriteString("to", route switch
        {
            { Forward: { } forward } => Destinations(forward.Destinations),
            { Redirect: { } redirect } => $"redirect {redirect.Status}",
            { Direct: { } direct } => $"answer {direct.Status}",
            _ => "",
        });
        json.WriteEndObject();
    }

    private static string Destinations(IReadOnlyList<DestinationModel> destinations) =>
        string.Join(", ", destinations.Select(d => destinations.Count == 1 ? d.Cluster : $"{d.Cluster} {d.Weight}"));

    private static void Status(Utf8JsonWriter json, string name, CellStatus status)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("status", status.ToString());
        json.WriteEndObject();
    }
}
