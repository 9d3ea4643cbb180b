using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Kubernetes;

/// <summary>v1 Service → registry.</summary>
public static class ServiceReader
{
    public static ServiceConfig Read(Resource resource, string clusterDomain)
    {
        Field spec = new(resource.Spec);
        string type = spec["type"].Text;
        string[] addresses = [.. spec["clusterIPs"].Texts.Append(spec["clusterIP"].Text).Where(a => a.Length > 0 && a != "None").Distinct()];
        resource.Annotations.TryGetValue("networking.istio.io/exportTo", out string? exportTo);
        return new ServiceConfig
        {
            Resource = resource,
            Host = HostNames.OfService(resource.Name, resource.Namespace, clusterDomain),
            Ports = [.. spec["ports"].Items.Select(Port).OfType<ServicePortConfig>()],
            Headless = spec["clusterIP"].Text == "None",
            ExternalName = type == "ExternalName" ? spec["externalName"].Text.ToLowerInvariant().TrimEnd('.') : "",
            Resolution = type == "ExternalName" ? ServiceResolution.Dns : ServiceResolution.Registry,
            Selector = spec["selector"].Count > 0 ? spec["selector"].Map : null,
            Addresses = addresses,
            Visibility = Visibility.Of(resource.Namespace, exportTo?.Split(',') ?? []),
        };
    }

    private static ServicePortConfig? Port(Field port) =>
        port["port"].Number is { } number
        && PortProtocol.Select(number, port["name"].Text, port["protocol"].Text, port["appProtocol"].Text) is { } protocol
            ? new ServicePortConfig(number, port["name"].Text, protocol, port["targetPort"].Text)
            : null;
}
