using Microsoft.AspNetCore.Http;
using Weft.ControlPlane.Admission;
using Weft.Resources;

namespace Weft.ControlPlane.Api.Http;

/// <summary>Reads the query parameters and headers that say how a write is meant.</summary>
internal static class WriteOptions
{
    public static WriteRequest Of(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        string agent = context.Request.Headers.UserAgent.ToString();
        string manager = query["fieldManager"].ToString();
        return new WriteRequest(new WriteOrigin(context.User.Identity?.Name ?? "unknown", agent))
        {
            DryRun = query["dryRun"].ToString() switch
            {
                "" => false,
                "All" => true,
                var other => throw Refusals.BadRequest($"dryRun={other} is not supported: use dryRun=All"),
            },
            Validation = query["fieldValidation"].ToString() switch
            {
                "Strict" => FieldValidation.Strict,
                "Ignore" => FieldValidation.Ignore,
                "Warn" or "" => FieldValidation.Warn,
                var other => throw Refusals.BadRequest($"fieldValidation={other} is not known: use Ignore, Warn or Strict"),
            },
            Force = query["force"] == "true",
            FieldManager = manager.Length > 0 ? manager : agent.Split('/')[0] is { Length: > 0 } name ? name : "unknown",
        };
    }
}
