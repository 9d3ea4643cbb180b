using System.Text.Json.Nodes;
using Weft.Model.V1;

namespace Weft.Cli.Explain;

/// <summary>What a Sidecar says of a port of a workload: where the application is, its pool, TLS for callers from outside.</summary>
internal static class ExplainInbound
{
    public static string Application(InboundPort port) =>
        port.AppSocket.Length > 0 ? $"unix:{port.AppSocket}" : $"127.0.0.1:{(port.AppPort > 0 ? port.AppPort : port.Port)}";

    public static JsonObject Write(InboundPort port)
    {
        JsonObject json = new() { ["port"] = port.Port, ["protocol"] = Protocol(port.Protocol), ["application"] = Application(port) };
        if (port.Name.Length > 0)
        {
            json["name"] = port.Name;
        }
        if (port.ListenerOrigin is { } origin)
        {
            json["listener"] = Explainer.Origin(origin);
        }
        if (port.Pool is { } pool)
        {
            // A pool is a cluster's; the words are the same.
            Cluster words = new()
            {
                Limits = pool.Limits, ConnectTimeout = pool.ConnectTimeout, IdleTimeout = pool.IdleTimeout,
                MaxRequestsPerConnection = pool.MaxRequestsPerConnection, H2Upgrade = pool.H2Upgrade,
            };
            json["pool"] = ExplainPolicy.Write(words, null);
        }
        if (port.Tls is { } tls)
        {
            json["tls"] = ExplainGateways.Write(tls);
        }
        return json;
    }

    private static string Protocol(AppProtocol protocol) => protocol switch
    {
        AppProtocol.Http1 => "http",
        AppProtocol.Http2 => "http2",
        AppProtocol.Grpc => "grpc",
        AppProtocol.Tcp => "tcp",
        AppProtocol.Tls or AppProtocol.Https => "tls",
        _ => "detect",
    };
}
