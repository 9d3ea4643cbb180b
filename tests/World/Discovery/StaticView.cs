using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Weft.ControlPlane.Distribute;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.World.Discovery;

/// <summary>A view made of given messages. A frontend is visible from its own namespace and from "default".</summary>
internal sealed record StaticView(ResourceSnapshot Resources, ImmutableSortedDictionary<string, IMessage> Messages) : IMeshView
{
    public static readonly StaticView Empty = new(ResourceSnapshot.Empty, ImmutableSortedDictionary.Create<string, IMessage>(StringComparer.Ordinal));

    public IEnumerable<EncodedResource>? All(string type, SubscriberScope scope) => Messages
        .Where(m => m.Key.StartsWith($"{type} ", StringComparison.Ordinal))
        .Where(m => m.Value is not Frontend f || f.Namespace == scope.Namespace || f.Namespace == "default")
        .Select(m => EncodedResource.Of(m.Key[(type.Length + 1)..], m.Value));

    public bool TryFind(string type, string name, SubscriberScope scope, out EncodedResource? resource)
    {
        resource = Messages.TryGetValue($"{type} {name}", out IMessage? message) ? EncodedResource.Of(name, message) : null;
        return true;
    }

    public StaticView With(string type, string name, IMessage message) => this with { Messages = Messages.SetItem($"{type} {name}", message) };

    public StaticView Without(string type, string name) => this with { Messages = Messages.Remove($"{type} {name}") };

    public StaticView WithPod(string ns, string name, string account) => this with
    {
        Resources = Resources.With(
            new Resource(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Pod",
                ["metadata"] = new JsonObject { ["namespace"] = ns, ["name"] = name, ["uid"] = $"uid-{name}" },
                ["spec"] = new JsonObject { ["serviceAccountName"] = account },
            }),
            Resources.Revision + 1),
    };

    public StaticView WithoutPod(string ns, string name) =>
        this with { Resources = Resources.Without(new ResourceKey("", "Pod", ns, name), Resources.Revision + 1) };
}
