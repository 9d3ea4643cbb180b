using System.Globalization;
using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Dialects.Kubernetes;

/// <summary>v1 Pod → registry.</summary>
public static class PodReader
{
    /// <param name="node">The pod's v1 Node, for its locality; null when unknown.</param>
    public static WorkloadConfig Read(Resource pod, Resource? node)
    {
        Field spec = new(pod.Spec);
        Field status = new(pod.Status);
        (string inboundAddress, uint inboundPort) = Inbound(pod.Annotations.GetValueOrDefault(MeshAnnotations.InboundAddress, ""));
        bool inMesh = inboundAddress.Length > 0 || InMesh(pod, spec);
        return new WorkloadConfig
        {
            Name = $"{pod.Namespace}/{pod.Name}",
            Namespace = pod.Namespace,
            Labels = pod.Labels,
            ServiceAccount = spec["serviceAccountName"].Text is { Length: > 0 } account ? account : "default",
            Address = status["podIP"].Text is { Length: > 0 } ip ? ip : inboundAddress,
            Ports = Ports(spec),
            Ready = IsReady(status),
            Draining = new Field(pod.Metadata)["deletionTimestamp"].Exists,
            Locality = Locality(pod, node),
            Weight = uint.TryParse(pod.Annotations.GetValueOrDefault(MeshAnnotations.Weight, ""), out uint weight) && weight > 0 ? weight : 1,
            InMesh = inMesh,
            PeerProtocol = !inMesh ? "" : pod.Annotations.GetValueOrDefault(MeshAnnotations.PeerProtocol, MeshAnnotations.DefaultPeerProtocol),
            InboundAddress = inboundAddress,
            InboundPort = inboundPort,
            InboundSocket = pod.Annotations.GetValueOrDefault(MeshAnnotations.InboundSocket, ""),
            Host = pod.Annotations.GetValueOrDefault(MeshAnnotations.Host, spec["nodeName"].Text),
        };
    }

    /// <summary>
    /// The pod's own condition; a pod that has ended serves nothing. A pod from a file has no status and is taken as ready:
    /// it stands for one that runs.
    /// </summary>
    private static bool IsReady(Field status)
    {
        if (status["phase"].Text is "Failed" or "Succeeded")
        {
            return false;
        }
        Field ready = status["conditions"].Items.FirstOrDefault(c => c["type"].Text == "Ready");
        return ready.Exists ? ready["status"].Text == "True" : status["phase"].Text is "" or "Running";
    }

    private static bool InMesh(Resource pod, Field spec) =>
        pod.Annotations.ContainsKey("sidecar.istio.io/status") || pod.Annotations.ContainsKey("weft.dev/status")
        || pod.Labels.GetValueOrDefault("security.istio.io/tlsMode") == "istio"
        || spec["containers"].Items.Concat(spec["initContainers"].Items).Any(c => c["name"].Text is "istio-proxy" or "weft-proxy");

    private static Dictionary<string, uint> Ports(Field spec)
    {
        Dictionary<string, uint> ports = new(StringComparer.Ordinal);
        foreach (Field port in spec["containers"].Items.Concat(spec["initContainers"].Items).SelectMany(c => c["ports"].Items))
        {
            if (port["name"].Text is { Length: > 0 } name && port["containerPort"].Number is { } number)
            {
                ports.TryAdd(name, number);
            }
        }
        return ports;
    }

    private static string Locality(Resource pod, Resource? node)
    {
        if (pod.Annotations.TryGetValue(MeshAnnotations.Locality, out string? own))
        {
            return own;
        }
        if (pod.Labels.TryGetValue("istio-locality", out string? label))
        {
            return label.Replace('.', '/');
        }
        string region = node?.Labels.GetValueOrDefault("topology.kubernetes.io/region", "") ?? "";
        string zone = node?.Labels.GetValueOrDefault("topology.kubernetes.io/zone", "") ?? "";
        string subzone = node?.Labels.GetValueOrDefault("topology.istio.io/subzone", "") ?? "";
        return $"{region}/{zone}/{subzone}".TrimEnd('/');
    }

    /// <summary>"127.0.0.1:41234", "[::1]:41234".</summary>
    private static (string Address, uint Port) Inbound(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? (text[..colon].Trim('[', ']'), port)
            : ("", 0u);
    }
}
