using Weft.Proxy.Dns;
using Weft.Transport;

namespace Weft.Proxy.Observe;

/// <summary>Where spans go, from a URL. Immutable.</summary>
internal sealed record OtlpTarget(string Host, int Port, string Authority, string Path)
{
    private const string TracesPath = "/v1/traces";

    public static OtlpTarget? TryParse(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttp
            ? new OtlpTarget(url.Host, url.Port, url.Authority, url.AbsolutePath is "/" or "" ? TracesPath : url.AbsolutePath)
            : null;

    /// <summary>Null: the name does not resolve.</summary>
    public async LoopTask<SocketTarget?> ResolveAsync(NameClient names)
    {
        NameAnswer answer = await names.ResolveAsync(Host);
        return answer.IsFound ? SocketTarget.Ip(answer.Addresses[0], Port) : null;
    }
}
