using System.Diagnostics;
using Weft.Bench.Measure;
using Weft.Bench.Scale;

namespace Weft.Bench.Contenders;

/// <summary>One or two processes of HAProxy with one thread each.</summary>
/// <param name="configs">Who listens on the given port comes last.</param>
internal sealed class Haproxy(Func<Workbench, int, IReadOnlyList<string>> configs, string name = "haproxy") : Contender
{
    /// <summary>Its name where it passes requests on as they came, without what Weft tells the origin.</summary>
    public const string Bare = "haproxy-bare";

    private const string Global = """
        global
          nbthread 1
          maxconn 12000
          no strict-limits
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          timeout http-keep-alive 60s

        """;

    /// <summary>What Weft tells the origin of a request that came from outside.</summary>
    private const string Fields = """
          option forwardfor
          http-request set-header X-Forwarded-Proto http
          unique-id-format %[uuid()]
          unique-id-header X-Request-Id

        """;

    private const string Tls = "ssl-min-ver TLSv1.3 ciphersuites TLS_AES_128_GCM_SHA256";

    public override string Name => name;

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("haproxy"))
        {
            return null;
        }

        int port = Workbench.FreePort();
        Process[] started = [.. configs(bench, port).Select((text, i) => Start(bench, bench.Write($"haproxy-{i}.cfg", $"{Global}{text}\n")))];
        return await StartedAsync(Name, port, started, ct);
    }

    public static IReadOnlyList<string> OneHop(Workbench bench, int port, Speech speech, bool isBare = false) =>
    [
        $"""
        frontend in
          bind 127.0.0.1:{port}{Client(speech)}
        {(isBare ? "" : Fields)}
          default_backend origin
        {Origin(bench, speech)}
        """,
    ];

    public static IReadOnlyList<string> Tcp(Workbench bench, int port) =>
    [
        $"""
        listen relay
          mode tcp
          bind 127.0.0.1:{port}
          server origin 127.0.0.1:{bench.OriginPort}
        """,
    ];

    /// <summary>TLS ended at the proxy, requests passed on in plain text.</summary>
    public static IReadOnlyList<string> Secure(Workbench bench, int port, bool isMutual)
    {
        Certificates certificates = Certificates.In(bench);
        string clients = isMutual ? $"ca-file {certificates.Authority} verify required" : "";
        return
        [
            $"""
            frontend in
              bind 127.0.0.1:{port} ssl crt {certificates.Pair} {clients} alpn h2,http/1.1 {Tls} curves X25519
            {Fields}
              default_backend origin
            {Origin(bench, Speech.Http1)}
            """,
        ];
    }

    /// <summary>HTTP/2 over mutual TLS between the two: the cheapest pair that HAProxy can make.</summary>
    public static IReadOnlyList<string> TwoHop(Workbench bench, int port, Speech speech, bool isBare = false)
    {
        Certificates certificates = Certificates.In(bench);
        int between = Workbench.FreePort();
        return
        [
            $"""
            frontend in
              bind 127.0.0.1:{between} ssl crt {certificates.Pair} ca-file {certificates.Authority} verify required alpn h2 {Tls} curves X25519
              default_backend origin
            {Origin(bench, speech)}
            """,
            $"""
            frontend in
              bind 127.0.0.1:{port}{Client(speech)}
            {(isBare ? "" : Fields)}
              default_backend peer
            backend peer
              http-reuse always
              server peer 127.0.0.1:{between} ssl verify required ca-file {certificates.Authority} crt {certificates.Pair} alpn h2 {Tls} sni str(peer.example)
            """,
        ];
    }

    public static IReadOnlyList<string> Balanced(Workbench bench, int port) =>
    [
        $"""
        frontend in
          bind 127.0.0.1:{port}
        {Fields}
          default_backend origins
        backend origins
          balance leastconn
          http-reuse always
        {string.Join('\n', bench.OriginPorts.Select((p, i) => $"  server origin{i} 127.0.0.1:{p}"))}
        """,
    ];

    /// <summary>One backend for each service, found by the Host field. None keeps a connection: what is compared is what they know.</summary>
    public static IReadOnlyList<string> Services(Workbench bench, int port, int services)
    {
        string map = bench.Write("haproxy.map", string.Concat(Enumerable.Range(0, services).Select(i => $"{ServiceMesh.HostOf(i)} s{i}\n")));
        return
        [
            $"""
            frontend in
              bind 127.0.0.1:{port}
              use_backend %[req.hdr(host),lower,map_str({map})]
            {string.Concat(Enumerable.Range(0, services).Select(i => $"backend s{i}\n  option http-server-close\n  server origin 127.0.0.1:{bench.OriginPort}\n"))}
            """,
        ];
    }

    private static string Client(Speech speech) => speech is Speech.Http1 ? "" : " proto h2";

    private static string Origin(Workbench bench, Speech speech) => $"""
        backend origin
          http-reuse always
          server origin 127.0.0.1:{bench.OriginPort}{(speech is Speech.Grpc ? " proto h2" : "")}
        """;

    private static Process Start(Workbench bench, string config) => bench.Start(Workbench.ProxyCore, PeerVersions.Find("haproxy")!, ["-db", "-f", config]);
}
