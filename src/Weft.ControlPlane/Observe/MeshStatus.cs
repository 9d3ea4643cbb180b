using System.Text.Json.Nodes;
using Weft.Authority;
using Weft.Compile;
using Weft.ControlPlane.Distribute;
using Weft.ControlPlane.Registry;
using Weft.Dialects.Problems;
using Weft.Protocol.Discovery.V1;
using Weft.Protocol.Telemetry.V1;
using Weft.Resources;
using Resource = Weft.Resources.Resource;

namespace Weft.ControlPlane.Observe;

/// <summary>What `weft status`, `weft proxies` and the page show of the control plane and its proxies.</summary>
internal sealed class MeshStatus(MeshAuthority authority, MeshFeed feed, Subscribers subscribers, EdgeBook edges, TimeProvider time)
{
    private const int OverloadCharsMax = 300;

    private readonly DateTimeOffset _since = time.GetUtcNow();

    public JsonObject Overview()
    {
        JsonArray proxies = Proxies();
        var json = new JsonObject
        {
            ["version"] = typeof(MeshStatus).Assembly.GetName().Version?.ToString(3) ?? "",
            ["since"] = PodStatus.Text(_since),
            ["loaded"] = feed.IsLoaded,
            ["revision"] = feed.IsLoaded ? feed.Current.Resources.Revision : 0,
            ["trustDomain"] = authority.TrustDomain,
            ["rootSha256"] = authority.RootSha256,
            ["roots"] = Roots(),
            ["resources"] = feed.IsLoaded ? feed.Current.Resources.All.Count() : 0,
            ["problems"] = Problems(),
            ["proxies"] = new JsonObject
            {
                ["total"] = proxies.Count,
                ["ready"] = proxies.Count(p => p!["state"]!.GetValue<string>() == "ready"),
                ["synced"] = proxies.Count(p => p!["synced"]!.GetValue<bool>()),
                ["overloaded"] = proxies.Count(p => p!["overload"] is not null),
                ["refusing"] = proxies.Count(p => p!["nacks"] is JsonArray { Count: > 0 }),
            },
            ["edgesDropped"] = edges.Dropped,
        };
        json["ok"] = json["loaded"]!.GetValue<bool>() && json["problems"]!["errors"]!.GetValue<int>() == 0
            && proxies.All(p => p!["synced"]!.GetValue<bool>());
        return json;
    }

    /// <summary>Every pod of the mesh, with its stream when it has one.</summary>
    public JsonArray Proxies()
    {
        var list = new JsonArray();
        if (!feed.IsLoaded)
        {
            return list;
        }

        Dictionary<string, Subscriber> streams = subscribers.Open.GroupBy(s => s.Scope.Workload).ToDictionary(g => g.Key, g => g.MaxBy(s => s.Id)!, StringComparer.Ordinal);
        foreach (Resource pod in feed.Current.Resources.OfKind("", "Pod"))
        {
            list.Add(Proxy(pod, streams.GetValueOrDefault($"{pod.Namespace}/{pod.Name}")));
        }

        return list;
    }

    private JsonObject Proxy(Resource pod, Subscriber? stream)
    {
        string workload = $"{pod.Namespace}/{pod.Name}";
        bool ready = PodStatus.IsTrue(pod, "Ready");
        var nacks = new JsonArray();
        foreach ((string type, TypeProgress progress) in stream?.Types ?? new Dictionary<string, TypeProgress>())
        {
            foreach (Nack nack in progress.Nacks)
            {
                nacks.Add(new JsonObject { ["type"] = type, ["name"] = nack.Name, ["error"] = nack.Error, ["partly"] = nack.Partly, ["at"] = PodStatus.Text(nack.At) });
            }
        }

        ProxySelf? self = edges.SelfOf(workload);
        return new JsonObject
        {
            ["workload"] = workload,
            ["identity"] = $"spiffe://{authority.TrustDomain}/ns/{pod.Namespace}/sa/{NodeAdmission.ServiceAccountOf(pod)}",
            ["gateway"] = stream?.Node.Gateway ?? ClientScope.Of(pod).IsGateway,
            ["state"] = stream is null ? ready ? "silent" : "starting" : stream.Status?.Draining == true ? "draining" : ready ? "ready" : "not ready",
            ["connected"] = stream is not null,
            ["since"] = stream is null ? null : PodStatus.Text(stream.Since),
            ["synced"] = stream is null || stream.Types.Values.All(t => t.InSync),
            ["nacks"] = nacks,
            ["host"] = stream?.Node.Host ?? pod.Annotations.GetValueOrDefault(PodAnnotations.Host, ""),
            ["version"] = stream?.Node.Version ?? "",
            ["address"] = pod.Annotations.GetValueOrDefault(PodAnnotations.InboundAddress, ""),
            ["podIP"] = pod.Status?["podIP"]?.ToString() ?? "",
            ["rssMiB"] = self is null ? null : Math.Round(self.RssBytes / 1048576.0, 1),
            ["cpuSeconds"] = self is null ? null : Math.Round(self.CpuSeconds, 2),
            ["connections"] = self?.Connections,
            ["overloadStep"] = stream is null ? null : (int?)self?.OverloadStep,
            ["overload"] = stream is null || self is not { OverloadStep: > 0 } shedding ? null : Bounded(shedding.Overload),
        };
    }

    // What a proxy says of itself is shown to people, and no proxy is trusted with a page of it.
    private static string Bounded(string text) => text.Length <= OverloadCharsMax ? text : text[..OverloadCharsMax];

    private JsonArray Roots() => new([.. authority.Roots.Select(r => new JsonObject
    {
        ["sha256"] = r.Sha256,
        ["phase"] = r.Phase.ToString(),
        ["notAfter"] = PodStatus.Text(r.NotAfter),
    })]);

    private JsonObject Problems()
    {
        IReadOnlyList<Problem> all = feed.IsLoaded && feed.Current is TappedView { Mesh: CompiledView view } ? view.Mesh.Problems : [];
        return new JsonObject
        {
            ["errors"] = all.Count(p => p.Level == ProblemLevel.Error),
            ["warnings"] = all.Count(p => p.Level == ProblemLevel.Warning),
            ["list"] = new JsonArray([.. all.Where(p => p.Level != ProblemLevel.Info).Take(100).Select(p => new JsonObject
            {
                ["code"] = p.Code, ["level"] = p.Level.ToString(), ["resource"] = p.Resource.ToString(), ["path"] = p.Path, ["message"] = p.Message, ["cure"] = p.Cure,
            })]),
        };
    }
}
