using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>Who answers.</summary>
internal sealed record EchoIdentity(string Namespace, string Pod);

/// <summary>What the suite's echo backend says of a request.</summary>
internal static class EchoAnswer
{
    public static JsonObject Of(HttpContext context, string target, EchoIdentity identity)
    {
        HttpRequest request = context.Request;
        var headers = new JsonObject();
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in request.Headers.Where(h => !h.Key.StartsWith(':') && h.Key != "Host"))
        {
            headers[name] = new JsonArray([.. values.Select(v => (JsonNode)(v ?? ""))]);
        }

        return new JsonObject
        {
            ["path"] = target,
            ["host"] = request.Host.Value,
            ["method"] = request.Method,
            ["proto"] = request.Protocol == "HTTP/2" ? "HTTP/2.0" : request.Protocol,
            ["headers"] = headers,
            ["httpPort"] = context.Connection.LocalPort.ToString(),
            ["namespace"] = identity.Namespace,
            ["pod"] = identity.Pod,
            ["tls"] = Tls(context),
        };
    }

    private static JsonObject? Tls(HttpContext context)
    {
        if (context.Features.Get<ITlsHandshakeFeature>() is not { } handshake)
        {
            return null;
        }

        X509Certificate2? client = context.Connection.ClientCertificate;
        return new JsonObject
        {
            ["version"] = handshake.Protocol.ToString(),
            ["serverName"] = context.Features.Get<ISslStreamFeature>()?.SslStream.TargetHostName,
            ["negotiatedProtocol"] = context.Request.Protocol,
            ["cipherSuite"] = handshake.NegotiatedCipherSuite?.ToString() ?? "",
            ["peerCertificates"] = new JsonArray(client is null ? [] : [client.ExportCertificatePem()]),
        };
    }
}
