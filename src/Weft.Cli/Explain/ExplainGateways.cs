using System.Text.Json.Nodes;
using Weft.Compile;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Cli.Explain;

/// <summary>Gateways by the names people know them by: their pod, or the Gateway resource that they serve.</summary>
internal static class ExplainGateways
{
    public static ExplainCaller? Find(CompiledMesh mesh, ExplainRequest request)
    {
        string name = request.From[ExplainRequest.GatewayPrefix.Length..];
        int slash = name.IndexOf('/');
        string ns = slash < 0 ? "default" : name[..slash];
        name = name[(slash + 1)..];
        Resource[] pods = [.. mesh.Snapshot.OfKind("", "Pod").Where(p => ClientScope.Of(p).IsGateway)];
        Resource? pod = Array.Find(pods, p => p.Namespace == ns && (p.Name == name || p.Name.StartsWith(name + "-", StringComparison.Ordinal)));
        if (pod is not null)
        {
            return Of(mesh, pod);
        }
        if (mesh.Snapshot.Find(new ResourceKey("networking.istio.io", "Gateway", ns, name)) is { } istio)
        {
            Dictionary<string, string> selector = Labels(istio);
            pod = Array.Find(pods, p => selector.All(s => p.Labels.TryGetValue(s.Key, out string? value) && value == s.Value));
            return pod is not null ? Of(mesh, pod) : Imagined(mesh, ns, selector, $"No pod has the labels of Gateway {ns}/{name}: one in namespace {ns} is assumed.");
        }
        if (mesh.Snapshot.Find(new ResourceKey("gateway.networking.k8s.io", "Gateway", ns, name)) is not null)
        {
            pod = Array.Find(pods, p => p.Namespace == ns && p.Labels.TryGetValue("gateway.networking.k8s.io/gateway-name", out string? own) && own == name);
            return pod is not null ? Of(mesh, pod) : Imagined(mesh, ns, new() { ["gateway.networking.k8s.io/gateway-name"] = name }, "");
        }
        return null;
    }

    /// <summary>The listener of a request: by port, then, with TLS, by server name. With no port given a lone listener is meant.</summary>
    public static GatewayListener? Listener(CompiledMesh mesh, ExplainCaller caller, ExplainRequest request, bool tls)
    {
        IReadOnlyList<GatewayListener> all = mesh.GatewayListeners(caller.Scope);
        uint port = request.Port > 0 ? request.Port : request.ToPort;
        GatewayListener[] fitting = [.. all.Where(l => l.Port == port)];
        if (fitting.Length == 0 && request.Port == 0 && (request.To.IsDefaultPort || request.To.Port < 0))
        {
            GatewayListener[] others = [.. all.Where(l => (l.Tls is not null) == tls)];
            fitting = others.Select(l => l.Port).Distinct().Count() == 1 ? others : [];
        }
        string name = request.Sni.Length > 0 ? request.Sni.ToLowerInvariant() : request.Host;
        if (!tls && Array.Find(fitting, l => l.Tls is null && HasHost(mesh, caller, l, name)) is { } plain)
        {
            return plain; // of several addresses the one that has the host
        }
        return fitting.Length <= 1 && !tls ? fitting.FirstOrDefault() : fitting.Where(l => l.Tls is not null == tls || l.Protocol == AppProtocol.Tcp)
            .SelectMany(l => l.Hosts.Select(h => (Listener: l, Host: h))).Where(l => Covers(l.Host, name))
            .OrderBy(l => l.Host.StartsWith('*')).ThenByDescending(l => l.Host.Length).Select(l => l.Listener).FirstOrDefault();
    }

    private static bool HasHost(CompiledMesh mesh, ExplainCaller caller, GatewayListener listener, string name) =>
        mesh.RouteSet(listener.RouteSet, caller.Scope) is { } set && set.VirtualHosts.Any(v => v.Hosts.Any(h => Covers(h, name)));

    private static bool Covers(string pattern, string name) =>
        pattern == "*" || pattern == name || (pattern.StartsWith("*.", StringComparison.Ordinal) && name.EndsWith(pattern[1..], StringComparison.Ordinal) && name.Length >= pattern.Length);

    private static Dictionary<string, string> Labels(Resource gateway) =>
        (gateway.Spec?["selector"] as System.Text.Json.Nodes.JsonObject)?.ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "", StringComparer.Ordinal) ?? [];

    private static ExplainCaller Of(CompiledMesh mesh, Resource pod)
    {
        string name = $"{pod.Namespace}/{pod.Name}";
        return new ExplainCaller(ClientScope.Of(pod), name, ExplainCaller.IdentityOf(mesh, pod.Namespace, mesh.Workload(name)?.ServiceAccount), "");
    }

    private static ExplainCaller Imagined(CompiledMesh mesh, string ns, Dictionary<string, string> labels, string note) =>
        new(new ClientScope(ns, labels, isGateway: true), "", ExplainCaller.IdentityOf(mesh, ns, null), note);

    public static JsonObject Write(GatewayListener listener)
    {
        JsonObject json = new() { ["name"] = listener.Name, ["port"] = listener.Port };
        if (listener.Bind.Length > 0)
        {
            json["bind"] = listener.Bind;
        }
        if (listener.Tls is { } tls)
        {
            json["tls"] = Write(tls);
        }
        return json;
    }

    public static JsonObject Write(ServerTls tls)
    {
        JsonObject json = new()
        {
            ["mode"] = tls.Mode.ToString(), ["minVersion"] = tls.MinVersion, ["maxVersion"] = tls.MaxVersion,
            ["credentials"] = List(tls.Credentials), ["subjectAltNames"] = List(tls.SubjectAltNames),
        };
        foreach ((string name, IReadOnlyList<string> values) in (IEnumerable<(string, IReadOnlyList<string>)>)
            [("cipherSuites", tls.CipherSuites), ("curves", tls.Groups), ("certificateHashes", tls.CertificateHashes), ("keyHashes", tls.KeyHashes)])
        {
            if (values.Count > 0)
            {
                json[name] = List(values);
            }
        }
        if (tls.TrustCredential.Length > 0)
        {
            json["trust"] = tls.TrustCredential;
        }
        if (tls.AcceptUnverified)
        {
            json["acceptsUnverified"] = true;
        }
        return json;
    }

    private static JsonArray List(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
