using System.Text.Json.Nodes;

namespace Weft.ControlPlane.Api;

/// <summary>One reason within a refusal: a field and what is wrong with it.</summary>
public sealed record RefusalCause(string Reason, string Field, string Message);

/// <summary>
/// A request cannot be done. Thrown inside the API and turned into a Status resource in one place; kubectl prints its
/// message and causes. The factories use Kubernetes' own words, because kubectl and its users' scripts look for them.
/// </summary>
public sealed class ApiRefusedException(int code, string reason, string message) : Exception(message)
{
    public int Code => code;

    public string Reason => reason;

    public string Group { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public IReadOnlyList<RefusalCause> Causes { get; init; } = [];

    public JsonObject ToStatus()
    {
        JsonObject status = new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = reason,
        };
        if (Kind.Length > 0 || Causes.Count > 0)
        {
            JsonObject details = new() { ["name"] = Name, ["group"] = Group, ["kind"] = Kind };
            if (Causes.Count > 0)
            {
                details["causes"] = new JsonArray([.. Causes.Select(c => new JsonObject { ["reason"] = c.Reason, ["message"] = c.Message, ["field"] = c.Field })]);
            }

            status["details"] = details;
        }

        status["code"] = code;
        return status;
    }
}
