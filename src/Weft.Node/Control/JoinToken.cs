using Weft.Node.Pods;

namespace Weft.Node.Control;

/// <summary>What another machine brings to join: a token of the API, with which pods are made and get their identities, and the hash of the root that it must find at the other end.</summary>
/// <param name="Discovery">Where proxies connect; empty: the control plane's host, port 15012.</param>
public sealed record JoinToken(string Token, string RootSha256, string Discovery)
{
    private const int DiscoveryPort = 15012;
    private const int HashChars = 64;
    private const string IdentityTokenPrefix = "weft1.";

    /// <summary>Lines <c>token: …</c>, <c>root: …</c> and optionally <c>discovery: host:port</c>.</summary>
    /// <exception cref="FormatException">One is missing.</exception>
    public static JoinToken Parse(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = line.IndexOf(':');
            if (colon > 0) { fields[line[..colon].Trim()] = line[(colon + 1)..].Trim(); }
        }

        string token = fields.GetValueOrDefault("token", "");
        string root = fields.GetValueOrDefault("root", "").Replace("sha256:", "", StringComparison.Ordinal).ToLowerInvariant();
        if (token.Length == 0) { throw new FormatException("it has no line `token: …`"); }
        if (token.StartsWith(IdentityTokenPrefix, StringComparison.Ordinal))
        {
            throw new FormatException("its token is of the other kind (`weft ca token`, `kubectl create token`): it gives one proxy that is started by hand its first certificate, and opens no API");
        }

        if (root.Length != HashChars || !root.All(char.IsAsciiHexDigit)) { throw new FormatException("it has no line `root: …` with a SHA-256 in hex; without it anybody could answer"); }
        return new JoinToken(token, root, fields.GetValueOrDefault("discovery", ""));
    }

    public ControlPlaneAddress Address(string url) => ControlPlaneAddress.Pinned(url, Token, RootSha256);

    public MeshEndpoint Mesh(string url)
    {
        if (Discovery.Length > 0) { return new MeshEndpoint(Discovery, RootSha256); }
        string host = Uri.TryCreate(url.Contains("://", StringComparison.Ordinal) ? url : $"https://{url}", UriKind.Absolute, out Uri? parsed) ? parsed.Host : url;
        return new MeshEndpoint($"{host}:{DiscoveryPort}", RootSha256);
    }
}
