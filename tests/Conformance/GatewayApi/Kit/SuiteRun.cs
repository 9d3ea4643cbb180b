using System.Net;
using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Resources;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>A condition that must hold; an empty reason is any.</summary>
internal sealed record Cond(string Type, bool IsTrue, string Reason = "");

/// <summary>One entry of a Gateway's status.listeners.</summary>
internal sealed record ListenerRow(string Name, int Attached, string[] Kinds, params Cond[] Conditions);

/// <summary>The words that tests are written in. One test at a time.</summary>
internal sealed class SuiteRun(ConformanceMesh mesh)
{
    private const string Group = "gateway.networking.k8s.io";

    public static readonly Cond Accepted = new("Accepted", true);
    public static readonly Cond Resolved = new("ResolvedRefs", true);

    public ConformanceMesh Mesh => mesh;

    /// <summary>Waits until the Gateway has an address and all routes are accepted there with good references; the Gateway's address.</summary>
    public async Task<IPAddress> AttachedAsync(string gateway, params string[] routes)
    {
        IPAddress address = await AcceptedAsync(gateway, "HTTPRoute", routes);
        foreach (string route in routes)
        {
            await RouteAsync("HTTPRoute", route, gateway, Resolved);
        }

        return address;
    }

    /// <summary>As <see cref="AttachedAsync"/>, with nothing asked of references.</summary>
    public async Task<IPAddress> AcceptedAsync(string gateway, string kind, params string[] routes)
    {
        IPAddress address = await AddressAsync(gateway);
        foreach (string route in routes)
        {
            await RouteAsync(kind, route, gateway, Accepted);
        }

        return address;
    }

    public async Task<IPAddress> AddressAsync(string gateway)
    {
        IPAddress? found = null;
        await Convergence.OnceAsync($"Gateway {gateway} has an address", async ct =>
        {
            JsonObject? json = await FindAsync("Gateway", gateway, ct);
            found = IPAddress.TryParse((string?)json?["status"]?["addresses"]?[0]?["value"], out IPAddress? address) ? address : null;
            return found is null || !found.ToString().StartsWith("127.", StringComparison.Ordinal) ? $"status {json?["status"]?["addresses"]?.ToJsonString() ?? "without address"}" : Stale(json!);
        });
        return found!; // else OnceAsync has thrown
    }

    public Task ExpectAsync(IPAddress address, params Row[] rows) => ExpectAsync(address, 80, rows);

    public async Task ExpectAsync(IPAddress address, int port, params Row[] rows)
    {
        foreach (Row row in rows)
        {
            await Convergence.HoldsAsync(row.ToString(), async ct => (await Probe.SendAsync(new IPEndPoint(address, port), row, ct)).Differs(row));
        }
    }

    /// <summary>Requests of an application of the mesh tests; without a host they go to the service "echo".</summary>
    public async Task FromAsync(string ns, string deployment, params Row[] rows)
    {
        foreach (Row written in rows)
        {
            Row row = written.Host.Length > 0 ? written : written with { Host = "echo" };
            await Convergence.HoldsAsync($"{deployment} of {ns}: {row}", async ct =>
                mesh.Pods.OutboundOf(ns, deployment) is { } outbound ? (await Probe.SendThroughAsync(outbound, row, ct)).Differs(row) : "the pod has not started");
        }
    }

    /// <summary>No answer at all must come: the connection or its handshake fails.</summary>
    public Task ExpectFailureAsync(IPAddress address, int port, Row row) => Convergence.OnceAsync($"{row} fails", async ct =>
    {
        try
        {
            Captured got = await Probe.SendAsync(new IPEndPoint(address, port), row, ct);
            return $"answered {got.Status}";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return null;
        }
    });

    /// <summary>A TLS handshake for that name does not come to an end.</summary>
    public Task TlsRejectedAsync(IPAddress address, int port, string serverName) => Convergence.OnceAsync($"TLS for {serverName} is rejected", async ct =>
        await TcpProbe.IsRejectedAsync(new IPEndPoint(address, port), serverName, ct) ? null : "the handshake was done");

    /// <summary>The TCP echo answers, with TLS of its own or not, from that backend.</summary>
    public Task TcpAsync(IPAddress address, int port, string? over, bool backendIsTls, string backend, string ns = Names.Infra, string? serverName = null) =>
        Convergence.OnceAsync($"TCP {port} {over} reaches {backend}", async ct =>
        {
            TcpCaptured got = await TcpProbe.AskAsync(new IPEndPoint(address, port), over, ct);
            return got.Pod.StartsWith(backend, StringComparison.Ordinal) && got.Namespace == ns && got.IsTls == backendIsTls && (serverName is null || got.ServerName == serverName) ? null : got.ToString();
        });

    /// <summary>A policy has conditions for the Gateway whose routes lead to its target.</summary>
    public Task PolicyAsync(string kind, string policy, string gateway, params Cond[] conditions) =>
        Convergence.OnceAsync($"{kind} {policy} at {gateway} has {string.Join(", ", conditions.AsEnumerable())}", async ct =>
        {
            JsonObject? json = await FindAsync(kind, policy, ct);
            JsonNode? ancestor = (json?["status"]?["ancestors"] as JsonArray ?? []).FirstOrDefault(a => (string?)a?["ancestorRef"]?["name"] == gateway && (string?)a["controllerName"] == SuiteData.ControllerName);
            return ancestor is null ? $"no such ancestor in {json?["status"]?.ToJsonString()}" : Missing(ancestor["conditions"], json!, conditions);
        });

    public Task AttachedSetsAsync(string gateway, int wanted) => Convergence.OnceAsync($"Gateway {gateway} is accepted with {wanted} ListenerSets", async ct =>
        await FindAsync("Gateway", gateway, ct) is not { } json ? "it is not there"
            : (int?)json["status"]?["attachedListenerSets"] != wanted ? $"{json["status"]?["attachedListenerSets"]} are attached"
            : Missing(json["status"]?["conditions"], json, [Accepted]));

    /// <summary>One listener of several has conditions.</summary>
    public Task ListenerAsync(string kind, string name, string listener, params Cond[] conditions) => Convergence.OnceAsync($"{kind} {name}: {listener} has {string.Join(", ", conditions.AsEnumerable())}", async ct =>
        await FindAsync(kind, name, ct) is { } json
            ? (json["status"]?["listeners"] as JsonArray ?? []).FirstOrDefault(l => (string?)l?["name"] == listener) is { } found
                ? Missing(found["conditions"], json, conditions) : $"no such listener in {json["status"]?.ToJsonString()}"
            : "it is not there");

    public Task RouteAsync(string kind, string route, string gateway, params Cond[] conditions) =>
        Convergence.OnceAsync($"{kind} {route} at {gateway} has {string.Join(", ", conditions.AsEnumerable())}", async ct =>
        {
            JsonObject? json = await FindAsync(kind, route, ct);
            (string ns, string name) = Split(gateway);
            string routeNamespace = Split(route).Namespace;
            JsonObject? parent = (json?["status"]?["parents"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(p =>
                (string?)p["parentRef"]?["name"] == name && ((string?)p["parentRef"]?["namespace"] ?? routeNamespace) == ns && (string?)p["controllerName"] == SuiteData.ControllerName);
            return parent is null ? $"no such parent in {json?["status"]?.ToJsonString()}" : Missing(parent["conditions"], json!, conditions);
        });

    public Task NoAcceptedParentAsync(string kind, string route) => Convergence.OnceAsync($"{kind} {route} has no accepted parent", async ct =>
        (await FindAsync(kind, route, ct))?["status"]?["parents"] is JsonArray parents
            && parents.Any(p => (p?["conditions"] as JsonArray ?? []).Any(c => (string?)c?["type"] == "Accepted" && (string?)c["status"] == "True"))
            ? parents.ToJsonString() : null);

    public Task ConditionsAsync(string kind, string name, params Cond[] conditions) =>
        Convergence.OnceAsync($"{kind} {name} has {string.Join(", ", conditions.AsEnumerable())}", async ct =>
            await FindAsync(kind, name, ct) is { } json ? Missing(json["status"]?["conditions"], json, conditions) : "it is not there");

    /// <summary>Every condition speaks of the newest generation.</summary>
    public Task LatestAsync(string kind, string name) => Convergence.OnceAsync($"{kind} {name} has conditions of its newest generation", async ct =>
        await FindAsync(kind, name, ct) is { } json ? Stale(json) : "it is not there");

    public Task ListenersAsync(string gateway, params ListenerRow[] rows) => ListenersAsync("Gateway", gateway, rows);

    public Task ListenersAsync(string kind, string name, ListenerRow[] rows) => Convergence.OnceAsync($"{kind} {name} has listeners {string.Join(", ", rows.Select(r => $"{r.Name}({r.Attached})"))}", async ct =>
    {
        if (await FindAsync(kind, name, ct) is not { } json)
        {
            return "it is not there";
        }

        JsonObject[] listeners = [.. (json["status"]?["listeners"] as JsonArray ?? []).OfType<JsonObject>()];
        return listeners.Length != rows.Length
            ? $"{listeners.Length} listeners: {json["status"]?["listeners"]?.ToJsonString()}"
            : rows.Select(r => DiffersFrom(r, listeners.FirstOrDefault(l => (string?)l["name"] == r.Name), json)).FirstOrDefault(d => d is not null);
    });

    /// <summary>The suite's reading of "zero routes": no listeners, or one with none attached.</summary>
    public Task ZeroRoutesAsync(string gateway) => Convergence.OnceAsync($"Gateway {gateway} has no routes", async ct =>
        (await FindAsync("Gateway", gateway, ct))?["status"]?["listeners"] is JsonArray { Count: > 0 } listeners && !(listeners.Count == 1 && (int?)listeners[0]?["attachedRoutes"] == 0)
            ? listeners.ToJsonString() : null);

    /// <summary>Changes a resource's specification; its generation before and after differ.</summary>
    public async Task ChangeAsync(string kind, string name, Action<JsonObject> change)
    {
        string path = PathOf(kind, name);
        await Convergence.OnceAsync($"{kind} {name} is changed", async ct =>
        {
            JsonObject json = await FindAsync(kind, name, ct) ?? throw new HttpRequestException($"{path} is not there");
            long before = (long?)json["metadata"]?["generation"] ?? 0;
            change((JsonObject)json["spec"]!);
            try
            {
                JsonNode? written = await mesh.Client.PutAsync(path, json, ct);
                return (long?)written?["metadata"]?["generation"] > before ? null : "the generation stayed";
            }
            catch (ControlPlaneRefusedException e) when (e.Status == 409)
            {
                return e.Message; // a status was written between
            }
        });
    }

    /// <summary>Of a Gateway's first listener.</summary>
    public async Task<int> PortAsync(string gateway) => (int?)(await FindAsync("Gateway", gateway, CancellationToken.None))?["spec"]?["listeners"]?[0]?["port"] ?? 0;

    public Task DeleteAsync(string kind, string name) => mesh.Resources.DeleteAsync(PathOf(kind, name), CancellationToken.None);

    public async Task<JsonObject?> FindAsync(string kind, string name, CancellationToken ct) => await mesh.Resources.FindAsync(PathOf(kind, name), ct);

    /// <summary>Certificate and key of a Secret of the infrastructure namespace.</summary>
    public async Task<(string Certificate, string Key)> PairAsync(string secret)
    {
        JsonNode? data = (await mesh.Client.GetAsync($"/api/v1/namespaces/{Names.Infra}/secrets/{secret}", CancellationToken.None))?["data"];
        string Text(string key) => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string?)data?[key] ?? ""));
        return (Text("tls.crt"), Text("tls.key"));
    }

    /// <summary>"name" of the infrastructure namespace, or "namespace/name".</summary>
    private static (string Namespace, string Name) Split(string name) =>
        name.IndexOf('/') is > 0 and var slash ? (name[..slash], name[(slash + 1)..]) : (Names.Infra, name);

    private static string PathOf(string kind, string name)
    {
        (string ns, string own) = Split(name);
        ResourceType type = ResourceCatalog.BuiltIn.Find(Group, kind) ?? ResourceCatalog.BuiltIn.Find("", kind) ?? ResourceCatalog.BuiltIn.Find("discovery.k8s.io", kind)
            ?? throw new ArgumentException($"{kind} is no kind that the suite's tests ask for.", nameof(kind));
        return MeshResources.PathOf(type, ns, own);
    }

    private static string? DiffersFrom(ListenerRow row, JsonObject? listener, JsonObject resource)
    {
        if (listener is null)
        {
            return $"no listener {row.Name}";
        }

        string[] kinds = [.. (listener["supportedKinds"] as JsonArray ?? []).Select(k => (string?)k?["kind"] ?? "")];
        if (row.Kinds.Length == 0 ? kinds.Length > 0 : row.Kinds.Except(kinds).Any())
        {
            return $"{row.Name} supports [{string.Join(',', kinds)}] instead of [{string.Join(',', row.Kinds)}]";
        }

        return (int?)listener["attachedRoutes"] != row.Attached
            ? $"{row.Name} has {listener["attachedRoutes"]} routes instead of {row.Attached}"
            : Missing(listener["conditions"], resource, row.Conditions) is { } missing ? $"{row.Name}: {missing}" : null;
    }

    private static string? Missing(JsonNode? conditions, JsonObject resource, Cond[] wanted)
    {
        JsonObject[] all = [.. (conditions as JsonArray ?? []).OfType<JsonObject>()];
        foreach (Cond cond in wanted)
        {
            JsonObject? found = Array.Find(all, c => (string?)c["type"] == cond.Type);
            if (found is null || (string?)found["status"] != (cond.IsTrue ? "True" : "False") || (cond.Reason.Length > 0 && (string?)found["reason"] != cond.Reason))
            {
                return $"{cond.Type} is {found?["status"]?.ToString() ?? "not there"} {found?["reason"]} ({found?["message"]})";
            }
        }

        return Old(all, resource);
    }

    private static string? Stale(JsonObject resource)
    {
        JsonObject[] own = [.. (resource["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()];
        JsonObject[] parents = [.. (resource["status"]?["parents"] as JsonArray ?? []).SelectMany(p => p?["conditions"] as JsonArray ?? []).OfType<JsonObject>()];
        return own.Length + parents.Length == 0 ? "no conditions" : Old([.. own, .. parents], resource);
    }

    private static string? Old(JsonObject[] conditions, JsonObject resource)
    {
        long generation = (long?)resource["metadata"]?["generation"] ?? 0;
        return Array.Find(conditions, c => (long?)c["observedGeneration"] != generation) is { } old ? $"{old["type"]} is of generation {old["observedGeneration"]}, not {generation}" : null;
    }
}
