using Weft.Model.V1;

namespace Weft.Dialects.Registry;

/// <summary>Istio's protocol selection: appProtocol, else the port's name up to the first "-", else well-known ports, else detection.</summary>
public static class PortProtocol
{
    private const string GrpcWeb = "grpc-web";

    /// <summary>Null: the port is UDP and not carried.</summary>
    public static AppProtocol? Select(uint port, string name, string transport, string appProtocol)
    {
        if (transport is "UDP" or "SCTP")
        {
            return null;
        }
        switch (appProtocol)
        {
            case "kubernetes.io/h2c":
                return AppProtocol.Http2;
            case "kubernetes.io/ws":
                return AppProtocol.Http1;
            case "kubernetes.io/wss":
                return AppProtocol.Tls;
        }
        string word = (appProtocol.Length > 0 ? appProtocol : name).ToLowerInvariant();
        if (word.StartsWith(GrpcWeb, StringComparison.Ordinal))
        {
            return AppProtocol.Http1;
        }
        int dash = word.IndexOf('-');
        return Parse(dash < 0 ? word : word[..dash], out bool known) is var protocol && known
            ? protocol
            // Server-first protocols: sniffing would wait for a client that waits for the server.
            : port is 25 or 53 or 3306 or 27017 ? AppProtocol.Tcp : AppProtocol.Detect;
    }

    /// <summary>A protocol as Istio's port lists name it. Null: not carried.</summary>
    public static AppProtocol? Parse(string word, out bool known)
    {
        known = true;
        switch (word.ToLowerInvariant())
        {
            case "http" or GrpcWeb:
                return AppProtocol.Http1;
            case "http2":
                return AppProtocol.Http2;
            case "grpc":
                return AppProtocol.Grpc;
            case "tcp" or "mongo" or "mysql" or "redis":
                return AppProtocol.Tcp;
            case "https" or "tls":
                return AppProtocol.Tls;
            case "udp":
                return null;
            default:
                known = false;
                return AppProtocol.Detect;
        }
    }

    public static bool IsHttp(AppProtocol protocol) => protocol is AppProtocol.Http1 or AppProtocol.Http2 or AppProtocol.Grpc;
}
