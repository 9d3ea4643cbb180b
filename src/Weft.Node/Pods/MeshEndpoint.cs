using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Primitives;

namespace Weft.Node.Pods;

/// <summary>Where proxies find discovery, and the hash of the root they must find there.</summary>
public sealed record MeshEndpoint(string Discovery, string RootSha256)
{
    /// <summary>What the local control plane says of itself.</summary>
    /// <exception cref="IOException">It does not run, or its file cannot be read.</exception>
    public static MeshEndpoint Local(WeftHome home)
    {
        try
        {
            JsonNode? info = JsonNode.Parse(File.ReadAllText(home.ControlInfo));
            return new MeshEndpoint((string?)info?["discovery"] ?? "", (string?)info?["rootSha256"] ?? "");
        }
        catch (JsonException e)
        {
            throw new IOException($"{home.ControlInfo} is not what weft-control writes: {e.Message}", e);
        }
    }
}
