using Weft.Dialects.Fields;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Dialects.Kubernetes;

/// <summary>One address of an EndpointSlice or Endpoints object. <paramref name="Ports"/>: by the service port's name; 0 for "all ports".</summary>
public sealed record SliceEndpoint(WorkloadConfig Workload, IReadOnlyDictionary<string, uint> Ports);

/// <summary>discovery.k8s.io/v1 EndpointSlice and v1 Endpoints → registry. Pods behind them lend their labels and proxy.</summary>
public static class SliceReader
{
    public const string ServiceLabel = "kubernetes.io/service-name";

    public static IEnumerable<SliceEndpoint> ReadSlice(Resource slice, Func<string, WorkloadConfig?> pod)
    {
        Field root = new(slice.Json);
        Dictionary<string, uint> ports = Ports(root["ports"]);
        foreach (Field endpoint in root["endpoints"].Items)
        {
            Field conditions = endpoint["conditions"];
            bool serving = conditions["serving"].Bool ?? conditions["ready"].Bool ?? true;
            bool terminating = conditions["terminating"].IsTrue;
            foreach (string address in endpoint["addresses"].Texts.Take(1))
            {
                WorkloadConfig workload = Workload(slice.Namespace, address, endpoint["targetRef"], pod);
                yield return new SliceEndpoint(
                    workload with
                    {
                        Ready = terminating ? serving : conditions["ready"].Bool ?? true,
                        Draining = terminating,
                        Locality = workload.Locality.Length > 0 ? workload.Locality : endpoint["zone"].Text is { Length: > 0 } zone ? "/" + zone : "",
                    },
                    ports);
            }
        }
    }

    public static IEnumerable<SliceEndpoint> ReadEndpoints(Resource endpoints, Func<string, WorkloadConfig?> pod)
    {
        foreach (Field subset in new Field(endpoints.Json)["subsets"].Items)
        {
            Dictionary<string, uint> ports = Ports(subset["ports"]);
            foreach (Field address in subset["addresses"].Items)
            {
                yield return new SliceEndpoint(Workload(endpoints.Namespace, address["ip"].Text, address["targetRef"], pod) with { Ready = true }, ports);
            }
        }
    }

    private static WorkloadConfig Workload(string ns, string address, Field target, Func<string, WorkloadConfig?> pod)
    {
        WorkloadConfig? found = target["kind"].Text == "Pod"
            ? pod($"{(target["namespace"].Text is { Length: > 0 } other ? other : ns)}/{target["name"].Text}")
            : null;
        return (found ?? new WorkloadConfig { Namespace = ns }) with { Address = address };
    }

    private static Dictionary<string, uint> Ports(Field ports)
    {
        Dictionary<string, uint> numbers = new(StringComparer.Ordinal);
        foreach (Field port in ports.Items)
        {
            numbers.TryAdd(port["name"].Text, port["port"].Number ?? 0);
        }
        return numbers;
    }
}
