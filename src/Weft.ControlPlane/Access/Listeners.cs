using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Weft.ControlPlane.Api.Http;
using Weft.ControlPlane.Distribute;

namespace Weft.ControlPlane.Access;

/// <summary>The API's two listeners: TLS on an address, plain HTTP on the owner's unix socket.</summary>
internal static class Listeners
{
    public static void Configure(KestrelServerOptions kestrel, AccessOptions access, ServerIdentity identity)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestBody.BytesMax + 1;
        kestrel.Limits.MinResponseDataRate = null; // a watch may be silent for long
        kestrel.Listen(access.Api, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    // Read per handshake, so that a renewed certificate is used at once.
                    ServerCertificateContext = identity.Current,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],

                    // Taken as given here; the door asks the authority what it proves.
                    ClientCertificateRequired = true,
#pragma warning disable CA5359 // a certificate grants nothing by being shown: Door judges it against the trust bundle of that moment
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
                }),
            });
        });
        string socket = access.Home.ControlSocket;
        File.Delete(socket); // a leftover: the store's lock says that nobody else serves this home
        kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http1);
    }
}
