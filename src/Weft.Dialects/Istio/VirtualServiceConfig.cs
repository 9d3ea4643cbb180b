using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>The head of a VirtualService, names completed; its rules are read when somebody asks for them.</summary>
public sealed class VirtualServiceConfig
{
    public VirtualServiceConfig(Resource resource, string clusterDomain)
    {
        Resource = resource;
        Field spec = new(resource.Spec);
        Hosts = [.. spec["hosts"].Texts.Select(h => HostNames.Complete(h, resource.Namespace, clusterDomain))];
        Gateways = spec["gateways"].Count == 0 ? [IstioScope.Mesh] : [.. spec["gateways"].Texts.Select(g => GatewayName(g, resource.Namespace))];
        Visibility = Visibility.Of(resource.Namespace, spec["exportTo"].Texts);
    }

    public Resource Resource { get; }

    public IReadOnlyList<string> Hosts { get; }

    /// <summary>"mesh" or "namespace/name".</summary>
    public IReadOnlyList<string> Gateways { get; }

    public Visibility Visibility { get; }

    public bool IsForMesh => Gateways.Contains(IstioScope.Mesh);

    internal Field Spec => new(Resource.Spec, FieldPath.Root.Child("spec"));

    internal static string GatewayName(string name, string ns) => name == IstioScope.Mesh || name.Contains('/') ? name : $"{ns}/{name}";

    /// <summary>Istio's order of age: creation, then "name.namespace".</summary>
    public static readonly Comparison<Resource> ByAge = static (a, b) =>
    {
        int byTime = a.Created.CompareTo(b.Created);
        return byTime != 0 ? byTime : string.CompareOrdinal($"{a.Name}.{a.Namespace}", $"{b.Name}.{b.Namespace}");
    };
}
