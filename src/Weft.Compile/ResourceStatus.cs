using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>A status to write back. <paramref name="Status"/> replaces only what Weft's controller owns and is already merged with the rest.</summary>
/// <param name="Generation">The generation the status was made from; do not write it over a newer resource.</param>
public sealed record ResourceStatus(ResourceKey Resource, long Generation, JsonObject Status);
