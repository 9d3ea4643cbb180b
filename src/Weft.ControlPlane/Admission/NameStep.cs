using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Weft.ControlPlane.Api;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>Names: generated when asked for, checked otherwise; the namespace must be there.</summary>
internal sealed class NameStep : IAdmissionStep
{
    // RFC 1123 §2.1; a resource's name is a subdomain, a Service's or Namespace's a single label.
    private const int SubdomainLengthMax = 253;
    private const int LabelLengthMax = 63;
    private const string SuffixLetters = "bcdfghjklmnpqrstvwxz2456789";

    public void Admit(AdmissionRequest request)
    {
        JsonObject metadata = request.Metadata;
        if (request.Name.Length == 0 && (string?)metadata["generateName"] is { Length: > 0 } prefix)
        {
            metadata["name"] = prefix + RandomNumberGenerator.GetString(SuffixLetters, 5);
        }

        if (request.Name.Length == 0)
        {
            throw Refusals.Invalid(request.Type, "", [new RefusalCause("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")]);
        }

        bool label = request.Type is { Group: "", Kind: "Service" or "Namespace" };
        if (request.Old is null && !IsName(request.Name, label))
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueInvalid", "metadata.name",
                $"Invalid value: \"{request.Name}\": use lower case letters, digits, '-'{(label ? "" : " or '.'")}, starting and ending with a letter or digit, at most {(label ? LabelLengthMax : SubdomainLengthMax)} characters")]);
        }

        if (request.Type.Namespaced && request.Old is null && request.Snapshot.Find(new ResourceKey("", "Namespace", "", request.Namespace)) is not { } ns)
        {
            throw new ApiRefusedException(404, "NotFound", $"namespaces \"{request.Namespace}\" not found") { Kind = "namespaces", Name = request.Namespace };
        }
        else if (request.Type.Namespaced && request.Old is null && IsTerminating(request))
        {
            throw Refusals.Forbidden($"{request.Type} \"{request.Name}\" is forbidden: unable to create new content in namespace {request.Namespace} because it is being terminated");
        }
    }

    private static bool IsTerminating(AdmissionRequest request) =>
        request.Snapshot.Find(new ResourceKey("", "Namespace", "", request.Namespace))?.Metadata?["deletionTimestamp"] is not null;

    private static bool IsName(string name, bool label) =>
        name.Length <= (label ? LabelLengthMax : SubdomainLengthMax)
        && name.Split('.') is var parts && (!label || parts.Length == 1)
        && parts.All(p => p.Length > 0 && p[0] != '-' && p[^1] != '-' && p.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'));
}
