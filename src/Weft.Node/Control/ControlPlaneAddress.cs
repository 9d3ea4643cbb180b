using System.Security.Cryptography.X509Certificates;
using Weft.Primitives;

namespace Weft.Node.Control;

/// <summary>How to reach a control plane: its unix socket (the owner is admin), or HTTPS with what proves who asks.</summary>
public sealed record ControlPlaneAddress
{
    public string? Socket { get; private init; }

    public Uri? Server { get; private init; }

    public string? Token { get; init; }

    /// <summary>Trusted instead of the machine's roots, when given.</summary>
    public X509Certificate2Collection? Roots { get; init; }

    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>SHA-256 in hex of the root that the server's chain must end in, whatever the machine trusts otherwise.</summary>
    public string? RootSha256 { get; init; }

    public string Display => Socket ?? Server?.ToString().TrimEnd('/') ?? "";

    public static ControlPlaneAddress Local(WeftHome home) => new() { Socket = home.ControlSocket };

    public static ControlPlaneAddress Pinned(string url, string token, string rootSha256) =>
        Uri.TryCreate(url.Contains("://", StringComparison.Ordinal) ? url : $"https://{url}", UriKind.Absolute, out Uri? server) && server.Scheme == "https"
            ? new ControlPlaneAddress { Server = server, Token = token, RootSha256 = rootSha256 }
            : throw new FormatException($"'{url}' is not an https address of a control plane; write https://HOST:15010.");

    /// <summary>
    /// <paramref name="server"/> is an https URL, a path of a socket, or nothing for the local one. The token is
    /// $WEFT_TOKEN, or what the kubeconfig ($KUBECONFIG, then Weft's own) holds for the same server.
    /// </summary>
    public static ControlPlaneAddress Resolve(string? server, WeftHome home)
    {
        if (string.IsNullOrEmpty(server)) { return Local(home); }
        if (server.StartsWith('/') || server.StartsWith("unix:", StringComparison.Ordinal))
        {
            return new ControlPlaneAddress { Socket = server.Replace("unix://", "", StringComparison.Ordinal).Replace("unix:", "", StringComparison.Ordinal) };
        }

        string text = server.Contains("://", StringComparison.Ordinal) ? server : $"https://{server}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("https" or "http"))
        {
            throw new FormatException($"'{server}' is not an address of a control plane; write https://HOST:15010 or the path of its socket.");
        }

        if (url.Scheme == "http" && !url.IsLoopback)
        {
            throw new FormatException($"'{server}' would send a token in clear text; use https://.");
        }

        var address = new ControlPlaneAddress { Server = url, Token = Environment.GetEnvironmentVariable("WEFT_TOKEN") };
        string?[] files = [Environment.GetEnvironmentVariable("KUBECONFIG"), home.Kubeconfig];
        foreach (string file in files.OfType<string>())
        {
            if (KubeConfig.TryFind(file, url) is { } found)
            {
                return address with { Token = address.Token ?? found.Token, Roots = found.Roots, ClientCertificate = found.ClientCertificate };
            }
        }

        return address;
    }
}
