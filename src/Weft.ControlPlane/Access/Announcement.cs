using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Weft.Authority;
using Weft.Primitives;

namespace Weft.ControlPlane.Access;

/// <summary>Tells others on this machine how to reach a control plane that has started: control.json and the kubeconfig, both 0600.</summary>
public sealed class Announcement(AccessOptions access, AdminToken token, MeshAuthority authority, MeshHost mesh, IServer server)
{
    /// <summary>After the listeners are bound. Written again whenever the trusted roots change.</summary>
    public void Publish()
    {
        File.SetUnixFileMode(access.Home.ControlSocket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write();
        authority.Changed += Write;
    }

    /// <summary>The address that the API got, where port 0 was asked for.</summary>
    public IPEndPoint Api
    {
        get
        {
            string address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault(a => a.StartsWith("https://", StringComparison.Ordinal)) ?? "";
            return Uri.TryCreate(address, UriKind.Absolute, out Uri? url) ? new IPEndPoint(access.Api.Address, url.Port) : access.Api;
        }
    }

    /// <summary>Where a browser on this machine finds it.</summary>
    public Uri Address
    {
        get
        {
            IPAddress bound = access.Api.Address;
            string host = bound.Equals(IPAddress.Any) || bound.Equals(IPAddress.IPv6Any) ? "127.0.0.1" : bound.ToString();
            return new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{(host.Contains(':') ? $"[{host}]" : host)}:{Api.Port}"));
        }
    }

    private void Write()
    {
        WeftHome home = access.Home;
        JsonObject info = new()
        {
            ["api"] = Api.ToString(),
            ["discovery"] = mesh.Discovery.ToString(),
            ["socket"] = home.ControlSocket,
            ["rootSha256"] = authority.RootSha256,
            ["pid"] = Environment.ProcessId,
        };
        PrivateText.Write(home.ControlInfo, info.ToJsonString() + "\n");
        PrivateText.Write(home.Kubeconfig, Kubeconfig());
    }

    private string Kubeconfig()
    {
        StringBuilder roots = new();
        foreach (X509Certificate2 root in authority.TrustBundle)
        {
            roots.Append(root.ExportCertificatePem()).Append('\n');
        }

        return $"""
            apiVersion: v1
            kind: Config
            current-context: weft
            clusters:
            - name: weft
              cluster:
                server: {Address.GetLeftPart(UriPartial.Authority)}
                certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(roots.ToString()))}
            contexts:
            - name: weft
              context:
                cluster: weft
                user: admin
                namespace: default
            users:
            - name: admin
              user:
                token: {token.Text}

            """;
    }
}
