using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Node.Control;
using Weft.Primitives;

namespace Weft.Node.Pods;

/// <summary>Where proxies find discovery, and the hash of the root they must find there.</summary>
public sealed record MeshEndpoint(string Discovery, string RootSha256)
{
    /// <summary>
    /// What the control plane of <paramref name="client"/> says. Where it listens on every address, or on its own loopback,
    /// the host that the client itself reached it by is meant.
    /// </summary>
    public static async Task<MeshEndpoint> OfAsync(ControlPlaneClient client, CancellationToken ct)
    {
        JsonNode? said = await client.GetAsync("/weft/v1/mesh", ct);
        string discovery = (string?)said?["discovery"] ?? "";
        if (client.Address.Server is { } server && IPEndPoint.TryParse(discovery, out IPEndPoint? at)
            && (at.Address.Equals(IPAddress.Any) || at.Address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(at.Address)))
        {
            discovery = $"{server.Host}:{at.Port}";
        }

        return new MeshEndpoint(discovery, (string?)said?["rootSha256"] ?? "");
    }

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
