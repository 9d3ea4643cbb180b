using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Weft.World.DataPath.Edge;

/// <summary>A server with a certificate of its own that tells who came and with what, as HTTP.</summary>
internal sealed class TlsOrigin : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly string _name;

    internal TlsOrigin(string name, EdgeCertificate certificate)
    {
        _name = name;
        using var pem = X509Certificate2.CreateFromPem(certificate.Pem, certificate.KeyPem);
        _certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    internal int Port { get; }

    /// <summary>A client must show a certificate; whose is told, not judged.</summary>
    internal bool AsksForCertificate { get; init; }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        await using (var tls = new SslStream(client.GetStream()))
        {
            try
            {
                string asked = "";
                await tls.AuthenticateAsServerAsync((_, hello, _, _) =>
                {
                    asked = hello.ServerName;
                    return ValueTask.FromResult(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ClientCertificateRequired = AsksForCertificate,
                        RemoteCertificateValidationCallback = (_, _, _, _) => true,
                    });
                }, null);
                byte[] buffer = new byte[16 << 10];
                for (bool goesOn = true; goesOn && await tls.ReadAsync(buffer) is > 0 and var count;)
                {
                    goesOn = !System.Text.Encoding.ASCII.GetString(buffer, 0, count).Contains("Connection: close", StringComparison.Ordinal);
                    string body = $"{_name} sni={asked} client={tls.RemoteCertificate?.Subject}";
                    await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
                }
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // refused by the client, which the test sees there
            }
        }
    }
}
