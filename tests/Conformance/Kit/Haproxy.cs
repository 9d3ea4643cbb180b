using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Kit;

/// <summary>Debian's HAProxy in the foreground; its log comes out of standard output.</summary>
internal static class Haproxy
{
    public static Task<ChildProcess> StartAsync(string folder, int port, string sections)
    {
        string config = Path.Combine(folder, $"haproxy-{port}.cfg");
        File.WriteAllText(config, $$"""
            global
              nbthread 1
              maxconn 2000
              log stdout format raw local0
            defaults
              mode http
              log global
              option dontlognull
              log-format "%fp|%HM|%HU|%ST"
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            {{sections}}

            """);
        return ChildProcess.Start(Repository.Tool("haproxy", "haproxy"), ["-f", config, "-db"]).AcceptingAsync(port);
    }
}
