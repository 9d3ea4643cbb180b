using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

internal sealed class NginxOneHop : Contender
{
    public override string Name => "nginx";

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("nginx"))
        {
            return null;
        }

        int port = Workbench.FreePort();
        string server = $$"""
            upstream origin { server 127.0.0.1:{{bench.OriginPort}}; keepalive 256; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:{{port}};
              location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
            }
            """;
        return await StartedAsync(Name, port, [NginxConfig.Start(bench, "nginx", server)], ct);
    }
}

/// <summary>Two processes with HTTP/1.1 over mutual TLS between them: nginx speaks no HTTP/2 to an upstream.</summary>
internal sealed class NginxTwoHop : Contender
{
    public override string Name => "nginx";

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("nginx"))
        {
            return null;
        }

        Certificates c = Certificates.In(bench);
        int port = Workbench.FreePort(), between = Workbench.FreePort();
        string near = $$"""
            upstream peer { server 127.0.0.1:{{between}}; keepalive 256; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:{{port}};
              location / {
                proxy_pass https://peer; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
                proxy_ssl_certificate {{c.Certificate}}; proxy_ssl_certificate_key {{c.Key}}; proxy_ssl_trusted_certificate {{c.Authority}};
                proxy_ssl_verify on; proxy_ssl_name peer.example; proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
              }
            }
            """;
        string far = $$"""
            upstream origin { server 127.0.0.1:{{bench.OriginPort}}; keepalive 256; keepalive_requests 1000000000; }
            server {
              listen 127.0.0.1:{{between}} ssl;
              ssl_certificate {{c.Certificate}}; ssl_certificate_key {{c.Key}}; ssl_client_certificate {{c.Authority}}; ssl_verify_client on;
              ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_ecdh_curve X25519;
              location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
            }
            """;
        return await StartedAsync(Name, port, [NginxConfig.Start(bench, "nginx-far", far), NginxConfig.Start(bench, "nginx-near", near)], ct);
    }
}

internal static class NginxConfig
{
    public static System.Diagnostics.Process Start(Workbench bench, string name, string server)
    {
        string folder = Directory.CreateDirectory(Path.Combine(bench.Folder, name)).FullName;
        string config = bench.Write($"{name}.conf", $$"""
            daemon off; worker_processes 1; pid {{folder}}/pid; error_log {{folder}}/error.log warn;
            events { worker_connections 8000; }
            http {
              access_log off; keepalive_timeout 60; keepalive_requests 1000000000;
              client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
              {{server}}
            }

            """);
        return bench.Start(Workbench.ProxyCore, PeerVersions.Find("nginx")!, ["-p", folder, "-c", config]);
    }
}
