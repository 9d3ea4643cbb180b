using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Weft.ControlPlane.Api;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>What a Kubernetes API server fills in for its own kinds beyond plain defaults, as far as a mesh or a client looks at it.</summary>
internal sealed class CoreDefaultsStep(TimeProvider time) : IAdmissionStep
{
    public void Admit(AdmissionRequest request)
    {
        switch (request.Type)
        {
            case { Group: "", Kind: "Service" }:
                CompleteService(request);
                break;
            case { Group: "", Kind: "Pod" }:
                CompletePod(request);
                break;
            case { Group: "", Kind: "Secret" }:
                EncodeSecret(request.Object);
                break;
            case { Group: "", Kind: "Namespace" }:
                CompleteNamespace(request);
                break;
            case { Group: "apps", Kind: "Deployment" }:
                CheckTemplate(request);
                break;
            case { Group: "apps", Kind: "ReplicaSet" or "StatefulSet" or "DaemonSet" }:
                CheckTemplate(request);
                request.Warnings.Add($"{request.Type.Kind}s are stored but not run by Weft: use a Deployment");
                break;
            case { Group: CustomKinds.Group, Kind: CustomKinds.Kind }:
                EstablishDefinition(request);
                break;
        }
    }

    private static void CompleteService(AdmissionRequest request)
    {
        JsonObject spec = Spec(request.Object);
        bool external = (string?)spec["type"] == "ExternalName";
        JsonArray ports = spec["ports"] as JsonArray ?? [];
        if (!external && ports.Count == 0 && (string?)spec["clusterIP"] != "None")
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueRequired", "spec.ports", "Required value: list at least one port")]);
        }

        foreach ((JsonNode? port, int i) in ports.Select((p, i) => (p, i)))
        {
            if (ports.Count > 1 && ((string?)port!["name"] ?? "").Length == 0)
            {
                throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueRequired", $"spec.ports[{i}].name", "Required value: with several ports each needs a name")]);
            }

            port!["targetPort"] ??= port["port"]?.DeepClone();
        }

        if (!external)
        {
            spec["internalTrafficPolicy"] ??= "Cluster";
            spec["ipFamilyPolicy"] ??= "SingleStack";
            spec["ipFamilies"] ??= new JsonArray("IPv4");
        }
    }

    private static void CompletePod(AdmissionRequest request)
    {
        JsonObject spec = Spec(request.Object);
        if (spec["containers"] is not JsonArray { Count: > 0 })
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueRequired", "spec.containers", "Required value: list at least one container")]);
        }

        string account = (string?)spec["serviceAccountName"] ?? (string?)spec["serviceAccount"] ?? "default";
        spec["serviceAccountName"] = account;
        spec["serviceAccount"] = account;
        spec["enableServiceLinks"] ??= true;
        spec["schedulerName"] ??= "weft";
        if (request.Old is null)
        {
            request.Object["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
            if (request.Snapshot.Find(new ResourceKey("", "ServiceAccount", request.Namespace, account)) is null)
            {
                request.Warnings.Add($"service account \"{account}\" does not exist in namespace {request.Namespace}: the pod gets its identity all the same");
            }
        }
    }

    /// <summary>stringData is write-only: it ends up base64 in data.</summary>
    private static void EncodeSecret(JsonObject secret)
    {
        if (secret["stringData"] is JsonObject plain)
        {
            JsonObject data = secret["data"] as JsonObject ?? [];
            foreach ((string name, JsonNode? value) in plain)
            {
                data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value?.ToString() ?? ""));
            }

            secret["data"] ??= data;
            secret.Remove("stringData");
        }
    }

    private static void CompleteNamespace(AdmissionRequest request)
    {
        JsonObject labels = request.Metadata["labels"] as JsonObject ?? [];
        labels["kubernetes.io/metadata.name"] = request.Name;
        request.Metadata["labels"] ??= labels;
        if (request.Old is null)
        {
            request.Object["status"] = new JsonObject { ["phase"] = "Active" };
        }
    }

    private static void CheckTemplate(AdmissionRequest request)
    {
        JsonObject spec = Spec(request.Object);
        JsonObject wanted = spec["selector"]?["matchLabels"] as JsonObject ?? [];
        JsonObject labels = spec["template"]?["metadata"]?["labels"] as JsonObject ?? [];
        if (wanted.Count == 0 && spec["selector"]?["matchExpressions"] is null)
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueRequired", "spec.selector", "Required value: an empty selector would own every pod")]);
        }

        if (wanted.Any(w => (string?)labels[w.Key] != (string?)w.Value))
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueInvalid", "spec.template.metadata.labels",
                $"Invalid value: {labels.ToJsonString()}: `selector` does not match template `labels`")]);
        }

        if (request.Old is not null && !JsonNode.DeepEquals(request.Old.Spec?["selector"], spec["selector"]))
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueInvalid", "spec.selector", "Invalid value: field is immutable; delete and create it anew")]);
        }
    }

    private void EstablishDefinition(AdmissionRequest request)
    {
        JsonObject spec = Spec(request.Object);
        string expected = $"{(string?)spec["names"]?["plural"]}.{(string?)spec["group"]}";
        if (request.Name != expected)
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueInvalid", "metadata.name", $"Invalid value: \"{request.Name}\": must be spec.names.plural+\".\"+spec.group, {expected}")]);
        }

        if (ResourceCatalog.BuiltIn.Find((string?)spec["group"] ?? "", (string?)spec["names"]?["kind"] ?? "") is not null)
        {
            request.Warnings.Add($"Weft serves {expected} by itself, with its own shape; the definition is stored and changes nothing");
        }

        string now = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        JsonObject Condition(string type, string reason) => new()
        {
            ["type"] = type, ["status"] = "True", ["reason"] = reason, ["message"] = "served", ["lastTransitionTime"] = now,
        };
        request.Object["status"] = request.Old?.Status?.DeepClone() ?? new JsonObject
        {
            ["conditions"] = new JsonArray(Condition("NamesAccepted", "NoConflicts"), Condition("Established", "InitialNamesAccepted")),
            ["acceptedNames"] = spec["names"]?.DeepClone(),
            ["storedVersions"] = new JsonArray([.. (spec["versions"] as JsonArray ?? []).Where(v => (bool?)v?["storage"] ?? false).Select(v => v!["name"]?.DeepClone())]),
        };
    }

    private static JsonObject Spec(JsonObject resource)
    {
        if (resource["spec"] is not JsonObject spec)
        {
            resource["spec"] = spec = [];
        }

        return spec;
    }
}
