using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

internal sealed class HaproxyOneHop : Contender
{
    public override string Name => "haproxy";

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("haproxy"))
        {
            return null;
        }

        int port = Workbench.FreePort();
        string config = bench.Write("haproxy.cfg", HaproxyConfig.Global + $"""

            frontend in
              mode http
              bind 127.0.0.1:{port}
              default_backend origin
            backend origin
              mode http
              http-reuse always
              server origin 127.0.0.1:{bench.OriginPort}

            """);
        return await StartedAsync(Name, port, [HaproxyConfig.Start(bench, config)], ct);
    }
}

internal sealed class HaproxyTcp : Contender
{
    public override string Name => "haproxy";

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("haproxy"))
        {
            return null;
        }

        int port = Workbench.FreePort();
        string config = bench.Write("haproxy-tcp.cfg", HaproxyConfig.Global + $"""

            listen relay
              mode tcp
              bind 127.0.0.1:{port}
              server origin 127.0.0.1:{bench.OriginPort}

            """);
        return await StartedAsync(Name, port, [HaproxyConfig.Start(bench, config)], ct);
    }
}

internal sealed class HaproxyTls(bool isMutual) : Contender
{
    public override string Name => "haproxy";

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("haproxy"))
        {
            return null;
        }

        Certificates certificates = Certificates.In(bench);
        int port = Workbench.FreePort();
        string clients = isMutual ? $"ca-file {certificates.Authority} verify required" : "";
        string config = bench.Write("haproxy-tls.cfg", HaproxyConfig.Global.Replace("maxconn 4000", "maxconn 12000\n  no strict-limits", StringComparison.Ordinal) + $"""

            frontend in
              mode http
              bind 127.0.0.1:{port} ssl crt {certificates.Pair} {clients} alpn h2,http/1.1 ssl-min-ver TLSv1.3 ciphersuites TLS_AES_128_GCM_SHA256 curves X25519
              default_backend origin
            backend origin
              mode http
              http-reuse always
              server origin 127.0.0.1:{bench.OriginPort}

            """);
        return await StartedAsync(Name, port, [HaproxyConfig.Start(bench, config)], ct);
    }
}

/// <summary>Two processes with HTTP/2 over mutual TLS between them: the cheapest pair that HAProxy can make.</summary>
internal sealed class HaproxyTwoHop : Contender
{
    public override string Name => "haproxy";

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("haproxy"))
        {
            return null;
        }

        Certificates certificates = Certificates.In(bench);
        int port = Workbench.FreePort(), between = Workbench.FreePort();
        string near = bench.Write("haproxy-near.cfg", HaproxyConfig.Global + $"""

            frontend in
              mode http
              bind 127.0.0.1:{port}
              default_backend peer
            backend peer
              mode http
              http-reuse always
              server peer 127.0.0.1:{between} ssl verify required ca-file {certificates.Authority} crt {certificates.Pair} alpn h2 ssl-min-ver TLSv1.3 ciphersuites TLS_AES_128_GCM_SHA256 sni str(peer.example)

            """);
        string far = bench.Write("haproxy-far.cfg", HaproxyConfig.Global + $"""

            frontend in
              mode http
              bind 127.0.0.1:{between} ssl crt {certificates.Pair} ca-file {certificates.Authority} verify required alpn h2 ssl-min-ver TLSv1.3 ciphersuites TLS_AES_128_GCM_SHA256 curves X25519
              default_backend origin
            backend origin
              mode http
              http-reuse always
              server origin 127.0.0.1:{bench.OriginPort}

            """);
        return await StartedAsync(Name, port, [HaproxyConfig.Start(bench, far), HaproxyConfig.Start(bench, near)], ct);
    }
}

internal static class HaproxyConfig
{
    public const string Global = """
        global
          nbthread 1
          maxconn 4000
        defaults
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          timeout http-keep-alive 60s
        """;

    public static System.Diagnostics.Process Start(Workbench bench, string config) =>
        bench.Start(Workbench.ProxyCore, PeerVersions.Find("haproxy")!, ["-db", "-f", config]);
}
