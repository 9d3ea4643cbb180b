using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Kit;

/// <summary>The shipped binary with a configuration from a file: a gateway port of 127.0.0.1 in front of one upstream port.</summary>
internal static class WeftProxy
{
    private const string Route = "gateway/default/ring:80";
    private const string Cluster = "origin.default:80";

    public static string Binary
    {
        get
        {
            string binary = Repository.Binary("weft-proxy");
            Assert.SkipUnless(File.Exists(binary), "needs artifacts/bin/weft-proxy (eng/build makes it)");
            return binary;
        }
    }

    /// <param name="protocol">HTTP1, HTTP2, GRPC or TCP, as the schema names an application's protocol.</param>
    /// <param name="more">Further fields of the endpoint, each with a comma behind it.</param>
    public static Task<ChildProcess> StartGatewayAsync(string folder, int port, int upstream, string protocol, string more = "", string identity = "") =>
        StartAsync(folder, "near", port, Gateway(port, upstream, protocol, more, identity));

    public static async Task<ChildProcess> StartAsync(string folder, string name, int port, string config)
    {
        string file = Path.Combine(folder, $"{name}-{port}.json");
        await File.WriteAllTextAsync(file, config);
        return await ChildProcess.Start(Binary, ["static", "--config", file]).AcceptingAsync(port);
    }

    private static string Gateway(int port, int upstream, string protocol, string more, string identity) => $$"""
        {
          "loops": 1,{{identity}}
          "workload": { "name": "default/near", "namespace": "default", "telemetry": { "accessLog": true }, "gatewayListeners": [
            { "name": "ring", "port": {{port}}, "protocol": "APP_PROTOCOL_{{protocol}}", "hosts": ["*"], "routeSet": "{{Route}}", "tcpRouteSet": "{{Route}}/tcp" } ] },
          "routeSets": [ { "name": "{{Route}}", "virtualHosts": [ { "hosts": ["*"], "routes": [
            { "origin": { "kind": "Ring", "name": "ring" }, "forward": { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } } ] } ] } ],
          "tcpRouteSets": [ { "name": "{{Route}}/tcp", "routes": [ { "clusters": [ { "cluster": "{{Cluster}}", "weight": 1 } ] } ] } ],
          "clusters": [ { "name": "{{Cluster}}", "service": "origin.default", "namespace": "default", "port": 80, "protocol": "APP_PROTOCOL_{{protocol}}" } ],
          "endpointSets": [ { "name": "{{Cluster}}", "endpoints": [ { "address": "127.0.0.1", "port": {{upstream}}, {{more}} "weight": 1, "workload": "default/origin" } ] } ]
        }
        """;
}
