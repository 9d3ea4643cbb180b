using System.Text.Json.Serialization;

namespace Weft.Authority.Keep;

internal sealed record RootRecord(string Sha256, RootPhase Phase, DateTimeOffset Since);

/// <param name="Hash">SHA-256 of the secret, hexadecimal: the secret itself is nowhere.</param>
internal sealed record TokenRecord(string Id, string Hash, DateTimeOffset Expires, string Namespace, string ServiceAccount, string? Pod, string? PodUid);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(RootRecord[]))]
[JsonSerializable(typeof(TokenRecord[]))]
internal sealed partial class KeepJson : JsonSerializerContext;
