using System.Diagnostics;
using Weft.Bench.Measure;
using Weft.Bench.Scale;

namespace Weft.Bench.Contenders;

/// <summary>One or two processes of nginx with one worker each.</summary>
/// <param name="servers">What stands in http { }; who listens on the given port comes last.</param>
internal sealed class Nginx(Func<Workbench, int, IReadOnlyList<string>> servers, string name = "nginx") : Contender
{
    /// <summary>Its name where it passes requests on as they came, without what Weft tells the origin.</summary>
    public const string Bare = "nginx-bare";

    private const string Headers = "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host;";

    public override string Name => name;

    public override async Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct)
    {
        if (!Installed("nginx"))
        {
            return null;
        }

        int port = Workbench.FreePort();
        Process[] started = [.. servers(bench, port).Select((text, i) => Start(bench, $"nginx-{i}", text))];
        return await StartedAsync(Name, port, started, ct);
    }

    public static IReadOnlyList<string> OneHop(Workbench bench, int port, Speech speech, bool isBare = false) =>
    [
        $$"""
        {{Upstream("origin", "", [bench.OriginPort])}}
        server {
          listen 127.0.0.1:{{port}}{{Client(speech)}};
          location / { {{To("origin", speech)}} {{(isBare ? "" : Fields(speech))}} }
        }
        """,
    ];

    /// <summary>Over mutual TLS between the two: HTTP/1.1, since nginx speaks HTTP/2 to an upstream for gRPC only.</summary>
    public static IReadOnlyList<string> TwoHop(Workbench bench, int port, Speech speech, bool isBare = false)
    {
        Certificates c = Certificates.In(bench);
        int between = Workbench.FreePort();
        string module = speech is Speech.Grpc ? "grpc" : "proxy";
        return
        [
            $$"""
            {{Upstream("origin", "", [bench.OriginPort])}}
            server {
              listen 127.0.0.1:{{between}} ssl{{Client(speech)}};
              ssl_certificate {{c.Certificate}}; ssl_certificate_key {{c.Key}}; ssl_client_certificate {{c.Authority}}; ssl_verify_client on;
              ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256; ssl_ecdh_curve X25519;
              location / { {{To("origin", speech)}} }
            }
            """,
            $$"""
            {{Upstream("peer", "", [between])}}
            server {
              listen 127.0.0.1:{{port}}{{Client(speech)}};
              location / {
                {{To("peer", speech).Replace("http://", "https://").Replace("grpc://", "grpcs://")}} {{(isBare ? "" : Fields(speech))}}
                {{module}}_ssl_certificate {{c.Certificate}}; {{module}}_ssl_certificate_key {{c.Key}}; {{module}}_ssl_trusted_certificate {{c.Authority}};
                {{module}}_ssl_verify on; {{module}}_ssl_name peer.example; {{module}}_ssl_protocols TLSv1.3; {{module}}_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
              }
            }
            """,
        ];
    }

    public static IReadOnlyList<string> Balanced(Workbench bench, int port) =>
    [
        $$"""
        {{Upstream("origins", "least_conn;", bench.OriginPorts)}}
        server {
          listen 127.0.0.1:{{port}};
          location / { {{To("origins", Speech.Http1)}} {{Fields(Speech.Http1)}} }
        }
        """,
    ];

    /// <summary>One server and one upstream for each service, found by the Host field. None keeps a connection: what is compared is what they know.</summary>
    public static IReadOnlyList<string> Services(Workbench bench, int port, int services) =>
    [
        "server_names_hash_max_size 65536; server_names_hash_bucket_size 128;\n" + string.Concat(Enumerable.Range(0, services).Select(i => $$"""
            upstream s{{i}} { server 127.0.0.1:{{bench.OriginPort}}; }
            server { listen 127.0.0.1:{{port}}; server_name {{ServiceMesh.HostOf(i)}}; location / { {{To($"s{i}", Speech.Http1)}} } }

            """)),
    ];

    private static string Upstream(string name, string method, IReadOnlyList<int> ports) =>
        $"upstream {name} {{ {method} {string.Concat(ports.Select(p => $"server 127.0.0.1:{p}; "))}keepalive 256; keepalive_requests 1000000000; }}";

    private static string Client(Speech speech) => speech is Speech.Http1 ? "" : " http2";

    private static string To(string upstream, Speech speech) => speech is Speech.Grpc ? $"grpc_pass grpc://{upstream};" : $"proxy_pass http://{upstream}; {Headers}";

    /// <summary>What Weft tells the origin of a request that came from outside.</summary>
    private static string Fields(Speech speech)
    {
        string set = speech is Speech.Grpc ? "grpc_set_header" : "proxy_set_header";
        return $"{set} X-Forwarded-For $proxy_add_x_forwarded_for; {set} X-Forwarded-Proto $scheme; {set} X-Request-Id $request_id;";
    }

    private static Process Start(Workbench bench, string name, string server)
    {
        string folder = Directory.CreateDirectory(Path.Combine(bench.Folder, name)).FullName;
        string config = bench.Write($"{name}.conf", $$"""
            daemon off; worker_processes 1; pid {{folder}}/pid; error_log {{folder}}/error.log warn;
            events { worker_connections 8000; }
            http {
              access_log off; keepalive_timeout 60; keepalive_requests 1000000000; http2_max_requests 1000000000;
              client_body_buffer_size 64k; # no request's body goes to a file, which the worker could not write
              client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
              {{server}}
            }

            """);
        return bench.Start(Workbench.ProxyCore, PeerVersions.Find("nginx")!, ["-p", folder, "-c", config]);
    }
}
