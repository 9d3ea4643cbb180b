using Weft.Dialects.Fields;
using Weft.Dialects.GatewayApi;
using Weft.Resources;

namespace Weft.Compile.GatewayApi;

/// <summary>Who may refer into another namespace: a ReferenceGrant there must name the referrer's kind and namespace and the target's kind.</summary>
internal sealed class ReferenceGrants(ResourceSnapshot snapshot)
{
    private readonly ILookup<string, Resource> _byNamespace = snapshot.OfKind(GatewayKinds.Group, "ReferenceGrant").ToLookup(g => g.Namespace, StringComparer.Ordinal);

    public bool Allows(Resource from, string toGroup, string toKind, string toNamespace, string toName) =>
        from.Namespace == toNamespace || _byNamespace[toNamespace].Select(g => new Field(g.Spec)).Any(spec =>
            spec["from"].Items.Any(f => f["group"].Text == from.Group && f["kind"].Text == from.Kind && f["namespace"].Text == from.Namespace)
            && spec["to"].Items.Any(t => t["group"].Text == toGroup && t["kind"].Text == toKind && (!t["name"].Exists || t["name"].Text == toName)));
}
