using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Workloads;

/// <summary>Pods as a Deployment's template describes them. Pure.</summary>
internal static class PodTemplate
{
    public const string HashLabel = "pod-template-hash";

    // Kubernetes' alphabet for generated names: no vowels, so no words; nothing that looks like something else.
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
    private const int HashLength = 8;
    private const int NameHashLength = 5;

    /// <summary>The same for the same template, whatever order its fields were written in.</summary>
    public static string HashOf(Resource deployment) => Letters(Canonical(deployment.Spec?["template"]), HashLength);

    /// <summary>Stable: the first replica of a template has the same name whenever it is made again.</summary>
    public static string NameOf(Resource deployment, string templateHash, int ordinal) =>
        $"{deployment.Name}-{Letters($"{templateHash}/{ordinal}", NameHashLength)}";

    public static Resource Make(Resource deployment, string name, string templateHash)
    {
        var template = deployment.Spec?["template"] as JsonObject;
        var metadata = template?["metadata"] as JsonObject;
        JsonObject labels = metadata?["labels"]?.DeepClone() as JsonObject ?? [];
        labels[HashLabel] = templateHash;
        var json = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = deployment.Namespace,
                ["labels"] = labels,
                ["annotations"] = metadata?["annotations"]?.DeepClone() ?? new JsonObject(),
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = deployment.ApiVersion,
                    ["kind"] = deployment.Kind,
                    ["name"] = deployment.Name,
                    ["uid"] = deployment.Uid,
                    ["controller"] = true,
                    ["blockOwnerDeletion"] = true,
                }),
            },
            ["spec"] = template?["spec"]?.DeepClone() ?? new JsonObject(),
            ["status"] = new JsonObject { ["phase"] = "Pending" },
        };
        return new Resource(json);
    }

    /// <summary>The uid of the Deployment that controls a pod; empty when none does.</summary>
    public static string OwnerOf(Resource pod) =>
        (pod.Metadata?["ownerReferences"] as JsonArray)?.OfType<JsonObject>()
            .FirstOrDefault(o => o["kind"]?.ToString() == "Deployment")?["uid"]?.ToString() ?? "";

    private static string Letters(string text, int length)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return string.Create(length, hash, static (span, bytes) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = Alphabet[bytes[i] % Alphabet.Length];
            }
        });
    }

    private static string Canonical(JsonNode? node) => node switch
    {
        JsonObject map => $"{{{string.Join(',', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Canonical(p.Value)}"))}}}",
        JsonArray list => $"[{string.Join(',', list.Select(Canonical))}]",
        _ => node?.ToJsonString() ?? "null",
    };
}
