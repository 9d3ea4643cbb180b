using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Weft.Resources;
using Weft.Resources.Selectors;

namespace Weft.ControlPlane.Api.Http;

/// <summary>What a list or watch asks for.</summary>
internal sealed record ListQuery(ResourceType Type, string Version, string Namespace, LabelSelector Labels, FieldSelector Fields)
{
    /// <summary>Items of one page when the client names no limit, or a larger one.</summary>
    private const int LimitMax = 10_000;

    public int Limit { get; init; }

    /// <summary>The last resource of the page before.</summary>
    public ResourceKey? After { get; init; }

    public static ListQuery Of(HttpContext context, ResourceType type, ApiPath path)
    {
        IQueryCollection query = context.Request.Query;
        if (!LabelSelector.TryParse(query["labelSelector"], out LabelSelector? labels, out string problem)
            | !FieldSelector.TryParse(query["fieldSelector"], out FieldSelector? fields, out string other))
        {
            throw Refusals.BadRequest(problem.Length > 0 ? problem : other);
        }

        int limit = int.TryParse(query["limit"], out int asked) && asked > 0 ? Math.Min(asked, LimitMax) : LimitMax;
        return new ListQuery(type, path.Version, path.Namespace, labels!, fields!) { Limit = limit, After = ReadContinue(query["continue"].ToString(), type) };
    }

    public bool Matches(Resource resource) =>
        resource.Group == Type.Group && resource.Kind == Type.Kind && (Namespace.Length == 0 || resource.Namespace == Namespace)
        && Labels.Matches(resource.Labels) && Fields.Matches(resource);

    /// <summary>One page; the token continues after it, and is empty at the end.</summary>
    public (List<Resource> Items, string Continue, int Remaining) Page(ResourceSnapshot snapshot)
    {
        IEnumerable<Resource> all = snapshot.OfKind(Type.Group, Type.Kind).Where(Matches);
        if (After is { } after)
        {
            all = all.Where(r => ResourceSnapshot.Order.Compare(r.Key, after) > 0);
        }

        List<Resource> found = [.. all];
        if (found.Count <= Limit)
        {
            return (found, "", 0);
        }

        Resource last = found[Limit - 1];
        string token = Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonArray(last.Namespace, last.Name).ToJsonString()));
        return (found[..Limit], token, found.Count - Limit);
    }

    private static ResourceKey? ReadContinue(string token, ResourceType type)
    {
        if (token.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(Convert.FromBase64String(token)) is JsonArray { Count: 2 } parts
                ? new ResourceKey(type.Group, type.Kind, (string?)parts[0] ?? "", (string?)parts[1] ?? "")
                : throw Refusals.BadRequest("continue key is not valid: list from the beginning");
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            throw Refusals.BadRequest("continue key is not valid: list from the beginning");
        }
    }
}
