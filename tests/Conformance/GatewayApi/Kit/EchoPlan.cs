using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Weft.Conformance.GatewayApi.Kit;

internal enum EchoKind
{
    Http,
    ClearHttp2,
    Https,
    Tcp,
    TcpOverTls,

    /// <summary>An HTTP proxy that tunnels, as far as the TCP echo: it names whom it was asked for.</summary>
    Tunnel,
}

/// <summary>Where one echo pod listens, and for what.</summary>
internal sealed record EchoPlan(IPAddress Address, IReadOnlyList<(int Port, EchoKind Kind)> Ports, X509Certificate2? Certificate)
{
    /// <summary>The ports of the suite's echo-basic image, by the switch its manifest sets.</summary>
    public static EchoPlan Basic(IPAddress address, IReadOnlyCollection<string> environment, X509Certificate2? certificate)
    {
        EchoKind clear = environment.Contains("TCP_ECHO_SERVER") ? EchoKind.Tcp : environment.Contains("GRPC_ECHO_SERVER") ? EchoKind.ClearHttp2 : EchoKind.Http;
        List<(int, EchoKind)> ports = [(3000, clear)];
        if (clear is EchoKind.Http)
        {
            ports.Add((3001, EchoKind.ClearHttp2));
        }

        if (certificate is not null)
        {
            ports.Add((8443, clear is EchoKind.Tcp ? EchoKind.TcpOverTls : EchoKind.Https));
        }

        return new EchoPlan(address, ports, certificate);
    }

    /// <summary>The ports of the suite's echo-advanced image, as the mesh manifests start it.</summary>
    public static EchoPlan Advanced(IPAddress address) => new(address, [(8080, EchoKind.Http), (7070, EchoKind.ClearHttp2), (9090, EchoKind.Tcp)], null);
}
