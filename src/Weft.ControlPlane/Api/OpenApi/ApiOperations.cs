using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.ControlPlane.Api.OpenApi;

/// <summary>The paths of an OpenAPI document, as far as clients decide by them: which verbs, which patch types, which query parameters.</summary>
internal static class ApiOperations
{
    private static readonly string[] WriteParameters = ["dryRun", "fieldManager", "fieldValidation"];

    public static void Add(JsonObject paths, ResourceType type, string version, bool v3)
    {
        string root = (type.Group.Length == 0 ? $"/api/{version}" : $"/apis/{type.Group}/{version}") + (type.Namespaced ? "/namespaces/{namespace}" : "");
        JsonArray scope = type.Namespaced ? [PathParameter("namespace", v3)] : [];
        paths[$"{root}/{type.Plural}"] = new JsonObject
        {
            ["get"] = Operation(type, version, "list", [], v3),
            ["post"] = Operation(type, version, "post", WriteParameters, v3),
            ["delete"] = Operation(type, version, "deletecollection", ["dryRun"], v3),
            ["parameters"] = scope.DeepClone(),
        };
        scope.Add(PathParameter("name", v3));
        paths[$"{root}/{type.Plural}/{{name}}"] = Item(type, version, scope, v3);
        if (type.HasStatus)
        {
            paths[$"{root}/{type.Plural}/{{name}}/status"] = Item(type, version, scope, v3);
        }
    }

    private static JsonObject Item(ResourceType type, string version, JsonArray parameters, bool v3) => new()
    {
        ["get"] = Operation(type, version, "get", [], v3),
        ["put"] = Operation(type, version, "put", WriteParameters, v3),
        ["patch"] = Patch(type, version, v3),
        ["delete"] = Operation(type, version, "delete", ["dryRun"], v3),
        ["parameters"] = parameters.DeepClone(),
    };

    private static JsonObject Patch(ResourceType type, string version, bool v3)
    {
        JsonObject operation = Operation(type, version, "patch", [.. WriteParameters, "force"], v3);
        string[] types = type.Group is "" or "apps" or "networking.k8s.io" or "discovery.k8s.io"
            ? ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"]
            : ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
        if (v3)
        {
            operation["requestBody"] = new JsonObject
            {
                ["content"] = new JsonObject(types.Select(t => KeyValuePair.Create<string, JsonNode?>(t, new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } }))),
            };
        }
        else
        {
            operation["consumes"] = new JsonArray([.. types.Select(t => JsonValue.Create(t))]);
        }

        return operation;
    }

    private static JsonObject Operation(ResourceType type, string version, string action, string[] parameters, bool v3)
    {
        string name = SchemaDocument.NameOf(type, version) + (action == "list" ? "List" : "");
        JsonObject schema = new() { ["$ref"] = (v3 ? "#/components/schemas/" : "#/definitions/") + name };
        JsonObject ok = new() { ["description"] = "OK" };
        if (v3)
        {
            ok["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } };
        }
        else
        {
            ok["schema"] = schema;
        }

        return new JsonObject
        {
            ["operationId"] = $"{action}{type.Group.Replace(".", "", StringComparison.Ordinal)}{version}{type.Kind}",
            ["parameters"] = new JsonArray([.. parameters.Select(p => Parameter(p, "query", v3))]),
            ["responses"] = new JsonObject { ["200"] = ok },
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = SchemaDocument.GroupVersionKind(type, version),
        };
    }

    private static JsonObject PathParameter(string name, bool v3)
    {
        JsonObject parameter = Parameter(name, "path", v3);
        parameter["required"] = true;
        return parameter;
    }

    private static JsonObject Parameter(string name, string place, bool v3)
    {
        JsonObject parameter = new() { ["name"] = name, ["in"] = place };
        if (v3)
        {
            parameter["schema"] = new JsonObject { ["type"] = name == "force" ? "boolean" : "string", ["uniqueItems"] = true };
        }
        else
        {
            parameter["type"] = name == "force" ? "boolean" : "string";
            parameter["uniqueItems"] = true;
        }

        return parameter;
    }
}
