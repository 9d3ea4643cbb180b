using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>What a client wants to be told of fields that its kind does not have.</summary>
public enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}

/// <summary>One write on its way in. Steps read and complete <see cref="Object"/>, add warnings, or refuse by throwing.</summary>
public sealed class AdmissionRequest(ResourceType type, string version, JsonObject json, ResourceSnapshot snapshot)
{
    public ResourceType Type => type;

    /// <summary>The version of the kind that the client speaks.</summary>
    public string Version => version;

    /// <summary>As it will be stored; ours to write.</summary>
    public JsonObject Object { get; } = json;

    public ResourceSnapshot Snapshot => snapshot;

    /// <summary>What is there now; null when this creates.</summary>
    public Resource? Old { get; init; }

    public FieldValidation Validation { get; init; } = FieldValidation.Warn;

    public bool DryRun { get; init; }

    /// <summary>Only the status is written; the rest was admitted before.</summary>
    public bool StatusOnly { get; init; }

    public List<string> Warnings { get; init; } = [];

    public string Name => (string?)Metadata["name"] ?? "";

    public string Namespace => (string?)Metadata["namespace"] ?? "";

    public JsonObject Metadata => (JsonObject)Object["metadata"]!;
}

/// <summary>One step of admission; the order of steps is the order they are composed in. Thread-safe.</summary>
internal interface IAdmissionStep
{
    void Admit(AdmissionRequest request);
}
