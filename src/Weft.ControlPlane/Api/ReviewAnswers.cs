using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.ControlPlane.Api.Http;

namespace Weft.ControlPlane.Api;

/// <summary>Questions about oneself. Who gets past the door of this API may do everything, so the answers are short.</summary>
internal static class ReviewAnswers
{
    public static bool TryAnswer(ApiPath path, string method) => HttpMethods.IsPost(method) && path is
        { Group: "authorization.k8s.io", Plural: "selfsubjectaccessreviews" or "selfsubjectrulesreviews" } or { Group: "authentication.k8s.io", Plural: "selfsubjectreviews" };

    public static async Task AnswerAsync(HttpContext context, ApiPath path)
    {
        // Whatever is asked the answer is the same, so a body in Kubernetes' protobuf form need not be understood.
        JsonObject review = RequestBody.MediaType(context) == RequestBody.Protobuf
            ? new JsonObject { ["apiVersion"] = $"{path.Group}/{path.Version}", ["kind"] = Kind(path.Plural) }
            : await RequestBody.ReadObjectAsync(context);
        review["status"] = path.Plural switch
        {
            "selfsubjectaccessreviews" => new JsonObject { ["allowed"] = true, ["reason"] = "this API knows administrators only" },
            "selfsubjectrulesreviews" => new JsonObject
            {
                ["resourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*") }),
                ["nonResourceRules"] = new JsonArray(),
                ["incomplete"] = false,
            },
            _ => new JsonObject
            {
                ["userInfo"] = new JsonObject { ["username"] = context.User.Identity?.Name, ["groups"] = new JsonArray("system:masters", "system:authenticated") },
            },
        };
        await Answer.JsonAsync(context, 201, review);
    }

    private static string Kind(string plural) => plural switch
    {
        "selfsubjectaccessreviews" => "SelfSubjectAccessReview",
        "selfsubjectrulesreviews" => "SelfSubjectRulesReview",
        _ => "SelfSubjectReview",
    };
}
