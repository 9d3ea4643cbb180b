using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Kit;

/// <summary>Debian's nginx in the foreground; its access log comes out of standard output.</summary>
internal static class Nginx
{
    public static Task<ChildProcess> StartAsync(string folder, int port, string servers)
    {
        string home = Directory.CreateDirectory(Path.Combine(folder, $"nginx-{port}")).FullName;
        string config = Path.Combine(home, "nginx.conf");
        File.WriteAllText(config, $$"""
            daemon off; worker_processes 1; pid {{home}}/pid; error_log stderr warn; {{(Environment.UserName == "root" ? "user root;" : "")}}
            events { worker_connections 1000; }
            http {
              log_format ring '$server_port|$request_method|$request_uri|$status';
              access_log /dev/stdout ring; keepalive_timeout 60; keepalive_requests 1000000000;
              client_body_temp_path {{home}}/body; proxy_temp_path {{home}}/proxy; fastcgi_temp_path {{home}}/f; uwsgi_temp_path {{home}}/u; scgi_temp_path {{home}}/s;
              {{servers}}
            }

            """);
        return ChildProcess.Start(Repository.Tool("nginx", "nginx"), ["-p", home, "-e", "stderr", "-c", config]).AcceptingAsync(port);
    }
}
