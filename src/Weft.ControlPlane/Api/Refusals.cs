using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>The refusals of the resource API, one factory each.</summary>
internal static class Refusals
{
    public static ApiRefusedException NotFound(ResourceType type, string name) =>
        new(404, "NotFound", $"{type} \"{name}\" not found") { Group = type.Group, Kind = type.Plural, Name = name };

    public static ApiRefusedException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource");

    public static ApiRefusedException AlreadyExists(ResourceType type, string name) =>
        new(409, "AlreadyExists", $"{type} \"{name}\" already exists") { Group = type.Group, Kind = type.Plural, Name = name };

    public static ApiRefusedException Conflict(ResourceType type, string name) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {type} \"{name}\": the object has been modified; please apply your changes to the latest version and try again")
        {
            Group = type.Group, Kind = type.Plural, Name = name,
        };

    public static ApiRefusedException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiRefusedException Invalid(ResourceType type, string name, IReadOnlyList<RefusalCause> causes)
    {
        string subject = type.Group.Length == 0 ? type.Kind : $"{type.Kind}.{type.Group}";
        string all = causes.Count == 1 ? $"{causes[0].Field}: {causes[0].Message}" : $"[{string.Join(", ", causes.Select(c => $"{c.Field}: {c.Message}"))}]";
        return new ApiRefusedException(422, "Invalid", $"{subject} \"{name}\" is invalid: {all}")
        {
            Group = type.Group, Kind = type.Kind, Name = name, Causes = causes,
        };
    }

    public static ApiRefusedException StrictDecoding(ResourceType type, string version, IEnumerable<string> problems) =>
        BadRequest($"{type.Kind} in version \"{version}\" cannot be handled as a {type.Kind}: strict decoding error: {string.Join(", ", problems)}");

    public static ApiRefusedException Forbidden(string message) => new(403, "Forbidden", message);

    public static ApiRefusedException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiRefusedException Gone(string message) => new(410, "Expired", message);

    public static ApiRefusedException MethodNotAllowed(string what) => new(405, "MethodNotAllowed", what);

    public static ApiRefusedException TooLarge(int limit) =>
        new(413, "RequestEntityTooLarge", $"the request is larger than {limit} bytes: split it, or keep bulky data outside the mesh");

    public static ApiRefusedException UnsupportedMedia(string given) =>
        new(415, "UnsupportedMediaType", $"the content type \"{given}\" is not accepted: send application/json, application/yaml or, for a patch, one of the patch types");

    public static ApiRefusedException StorageFull() =>
        new(507, "StorageFull", "the resource store has no room left, nothing was changed: free space on the file system of the control plane's home directory and try again");

    /// <summary>What a store's answer means to the one who wrote; nothing for success.</summary>
    public static ApiRefusedException? Of(WriteStatus status, ResourceType type, string name) => status switch
    {
        WriteStatus.NotFound => NotFound(type, name),
        WriteStatus.AlreadyExists => AlreadyExists(type, name),
        WriteStatus.Conflict => Conflict(type, name),
        WriteStatus.StorageFull => StorageFull(),
        _ => null,
    };
}
