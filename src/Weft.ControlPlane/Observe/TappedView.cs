using Weft.ControlPlane.Distribute;
using Weft.Resources;

namespace Weft.ControlPlane.Observe;

/// <summary>A mesh view with the taps of the moment beside it.</summary>
internal sealed class TappedView(IMeshView mesh, TapBook taps) : IMeshView
{
    public ResourceSnapshot Resources => mesh.Resources;

    /// <summary>The view without taps.</summary>
    public IMeshView Mesh => mesh;

    public IEnumerable<EncodedResource>? All(string type, SubscriberScope scope) =>
        type == DiscoveryTypes.Tap ? taps.For(scope) : mesh.All(type, scope);

    public bool TryFind(string type, string name, SubscriberScope scope, out EncodedResource? resource)
    {
        if (type != DiscoveryTypes.Tap)
        {
            return mesh.TryFind(type, name, scope, out resource);
        }

        resource = taps.Find(name, scope);
        return true;
    }
}
