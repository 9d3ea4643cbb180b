using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>A ListenerSet of one of our Gateways.</summary>
/// <param name="Allowed">The Gateway's allowedListeners takes it.</param>
internal sealed record ListenerSetConfig(Resource Set, Resource Gateway, bool Allowed);

/// <summary>Which Gateways Weft answers for, their ListenerSets, and the listeners of both in the order of precedence.</summary>
internal sealed class GatewayIndex
{
    private readonly MeshIndex _index;
    private readonly Dictionary<(string Namespace, string Name), Resource> _gateways = [];
    private readonly Dictionary<(string Namespace, string Name), ListenerSetConfig> _sets = [];
    private readonly Dictionary<Resource, IReadOnlyList<ListenerVerdict>> _verdicts = [];
    private readonly ListenerJudge _judge;

    public GatewayIndex(MeshIndex index)
    {
        _index = index;
        _judge = new ListenerJudge(index);
        NamespaceRule rule = new(index.Snapshot);
        foreach (Resource gateway in index.Snapshot.OfKind(GatewayKinds.Group, GatewayKinds.Gateway).Where(IsOurs))
        {
            _gateways[(gateway.Namespace, gateway.Name)] = gateway;
        }
        foreach (Resource set in index.Snapshot.OfKind(GatewayKinds.Group, GatewayKinds.ListenerSet).Order(Comparer<Resource>.Create(VirtualServiceConfig.ByAge)))
        {
            Field parent = new Field(set.Spec)["parentRef"];
            string ns = parent["namespace"].Text is { Length: > 0 } other ? other : set.Namespace;
            if (IsReferenceTo(parent, GatewayKinds.Gateway) && _gateways.TryGetValue((ns, parent["name"].Text), out Resource? gateway))
            {
                bool allowed = rule.Allows(new Field(gateway.Spec)["allowedListeners"]["namespaces"], gateway.Namespace, set.Namespace, NamespaceRule.None);
                _sets[(set.Namespace, set.Name)] = new ListenerSetConfig(set, gateway, allowed);
            }
        }
        foreach (Resource gateway in _gateways.Values)
        {
            _verdicts[gateway] = _judge.Judge(gateway, [.. ListenerConfig.Of(gateway, gateway)],
                [.. SetsOf(gateway).Where(s => s.Allowed).SelectMany(s => ListenerConfig.Of(gateway, s.Set))]);
        }
    }

    public IEnumerable<Resource> Gateways => _gateways.Values;

    public IEnumerable<ListenerSetConfig> Sets => _sets.Values;

    /// <summary>Oldest first.</summary>
    public IEnumerable<ListenerSetConfig> SetsOf(Resource gateway) => _sets.Values.Where(s => s.Gateway == gateway);

    public Resource? Gateway(string ns, string name) => _gateways.GetValueOrDefault((ns, name));

    public ListenerSetConfig? Set(string ns, string name) => _sets.GetValueOrDefault((ns, name));

    /// <summary>Of all listeners of a Gateway: its own, then those of its sets.</summary>
    public IReadOnlyList<ListenerVerdict> Verdicts(Resource gateway) => _verdicts[gateway];

    /// <summary>The classes `weft` and `istio` exist even where nobody wrote them.</summary>
    public bool IsOurs(Resource gateway) => IsOurClass(new Field(gateway.Spec)["gatewayClassName"].Text);

    public bool IsOurController(string name) => name == _index.Options.ControllerName || name == "istio.io/gateway-controller";

    public static bool IsReferenceTo(Field reference, string kind) =>
        (reference["kind"].Exists ? reference["kind"].Text : GatewayKinds.Gateway) == kind && (!reference["group"].Exists || reference["group"].Text == GatewayKinds.Group);

    private bool IsOurClass(string name)
    {
        Resource? written = _index.Snapshot.Find(new ResourceKey(GatewayKinds.Group, GatewayKinds.GatewayClass, "", name));
        return written is null ? name is "weft" or "istio" : IsOurController(new Field(written.Spec)["controllerName"].Text);
    }
}
