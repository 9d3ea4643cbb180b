using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>The kinds served now: the built-in ones and those of stored CustomResourceDefinitions. Any thread; rebuilt when a definition changes.</summary>
public sealed class CatalogView(IResourceStore store)
{
    private volatile View _view = new(ResourceCatalog.BuiltIn, []);

    public ResourceCatalog Current
    {
        get
        {
            Resource[] definitions = [.. store.Snapshot().OfKind(CustomKinds.Group, CustomKinds.Kind)];
            View view = _view;
            if (!view.Definitions.SequenceEqual(definitions))
            {
                _view = view = new View(ResourceCatalog.BuiltIn.With(definitions.Select(CustomKinds.Read).OfType<CustomKind>().Select(k => (k.Type, k.Schema))), definitions);
            }

            return view.Catalog;
        }
    }

    private sealed record View(ResourceCatalog Catalog, Resource[] Definitions);
}
