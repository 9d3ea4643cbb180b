using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>networking.istio.io ServiceEntry → registry: one service for each host.</summary>
public static class ServiceEntryReader
{
    public static IEnumerable<ServiceConfig> Read(Resource resource)
    {
        Field spec = new(resource.Spec);
        string resolution = spec["resolution"].Text;
        bool outside = spec["location"].Text is not "MESH_INTERNAL";
        ServicePortConfig[] ports = [.. spec["ports"].Items.Select(Port).OfType<ServicePortConfig>()];
        WorkloadConfig[] endpoints = [.. spec["endpoints"].Items.Select(e => WorkloadEntryReader.Read(e, resource.Namespace, "", outside))];
        foreach (string host in spec["hosts"].Texts)
        {
            yield return new ServiceConfig
            {
                Resource = resource,
                Host = host.ToLowerInvariant().TrimEnd('.'),
                Ports = ports,
                Resolution = resolution switch
                {
                    "STATIC" => ServiceResolution.Registry,
                    "DNS" or "DYNAMIC_DNS" => ServiceResolution.Dns,
                    "DNS_ROUND_ROBIN" => ServiceResolution.DnsRoundRobin,
                    _ => ServiceResolution.OriginalDestination,
                },
                OutsideMesh = outside,
                Selector = spec["workloadSelector"].Exists ? spec["workloadSelector"]["labels"].Map : null,
                Addresses = [.. Addresses(resource, spec)],
                Endpoints = endpoints,
                SubjectAltNames = [.. spec["subjectAltNames"].Texts],
                Visibility = Visibility.Of(resource.Namespace, spec["exportTo"].Texts),
            };
        }
    }

    /// <summary>Written ones, else those that admission allocated.</summary>
    private static IEnumerable<string> Addresses(Resource resource, Field spec)
    {
        string[] written = [.. spec["addresses"].Texts];
        return written.Length > 0
            ? written
            : new Field(resource.Status)["addresses"].Items.Select(a => a.IsMap ? a["value"].Text : a.Text).Where(a => a.Length > 0);
    }

    private static ServicePortConfig? Port(Field port)
    {
        if (port["number"].Number is not { } number)
        {
            return null;
        }
        AppProtocol? protocol = PortProtocol.Parse(port["protocol"].Text, out bool known);
        if (!known)
        {
            // Older files give the protocol by the port's name only.
            protocol = PortProtocol.Select(number, port["name"].Text, "", "");
        }
        return protocol is { } carried ? new ServicePortConfig(number, port["name"].Text, carried, port["targetPort"].Text) : null;
    }
}
