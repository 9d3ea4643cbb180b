using Weft.Dialects.Fields;
using Weft.Dialects.Kubernetes;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Dialects.Istio;

/// <summary>networking.istio.io WorkloadEntry, also where it is written inside a ServiceEntry → registry.</summary>
public static class WorkloadEntryReader
{
    public static WorkloadConfig Read(Resource entry) =>
        Read(new Field(entry.Spec), entry.Namespace, $"{entry.Namespace}/{entry.Name}", outsideMesh: false) is var read
            && new Field(entry.Status)["conditions"].Items.FirstOrDefault(c => c["type"].Text == "Healthy") is { Exists: true } healthy
            ? read with { Ready = healthy["status"].Text == "True" }
            : read;

    internal static WorkloadConfig Read(Field entry, string ns, string name, bool outsideMesh)
    {
        Dictionary<string, string> labels = entry["labels"].Map;
        Dictionary<string, uint> ports = entry["ports"].Entries
            .Where(p => p.Value.Number is not null).ToDictionary(p => p.Key, p => p.Value.Number ?? 0, StringComparer.Ordinal);
        bool inMesh = !outsideMesh && labels.GetValueOrDefault("security.istio.io/tlsMode") == "istio";
        string address = entry["address"].Text;
        return new WorkloadConfig
        {
            Name = name,
            Namespace = ns,
            Labels = labels,
            ServiceAccount = entry["serviceAccount"].Text is { Length: > 0 } account ? account : "default",
            Address = address.StartsWith("unix://", StringComparison.Ordinal) ? "unix:" + address["unix://".Length..] : address,
            Ports = ports,
            PortsByServiceName = true,
            Locality = entry["locality"].Text,
            Weight = entry["weight"].Number is { } weight and > 0 ? weight : 1,
            InMesh = inMesh,
            PeerProtocol = inMesh ? MeshAnnotations.DefaultPeerProtocol : "",
        };
    }
}
