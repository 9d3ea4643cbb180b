using System.Net;
using Weft.Proxy.Host;
using Weft.Telemetry.Logging;

namespace Weft.World.Live;

/// <summary>A whole proxy with threads of its own, as weft-proxy runs it. Owned by <see cref="LiveMesh"/>.</summary>
internal sealed class LiveProxy : IDisposable
{
    private readonly ProxyHost _host;
    private readonly Thread _thread;
    private readonly string _directory;
    private bool _isEnded;

    private LiveProxy(ProxyHost host, string directory, IPEndPoint address)
    {
        (_host, _directory, Address) = (host, directory, address);
        _thread = new Thread(() => host.Run()) { Name = "live-proxy", IsBackground = true };
    }

    /// <summary>Where clients dial it: a sidecar's explicit outbound, a gateway's listener.</summary>
    internal IPEndPoint Address { get; }

    internal static LiveProxy Start(Func<string, Bootstrap> bootstrap, IPEndPoint address)
    {
        string directory = Directory.CreateTempSubdirectory("weft-live-").FullName;
        var host = new ProxyHost(bootstrap(directory), self: null, new EventLog(Stream.Null, TimeProvider.System));
        var proxy = new LiveProxy(host, directory, address);
        proxy._thread.Start();
        return proxy;
    }

    /// <summary>What SIGTERM does; ends with the process that it would be.</summary>
    internal Task TerminateAsync()
    {
        _host.Terminate();
        return Task.Run(End);
    }

    public void Dispose()
    {
        _host.Exit(0);
        if (!_isEnded)
        {
            End();
        }

        Directory.Delete(_directory, recursive: true);
    }

    // Its loops end with it, as those of a process do.
    private void End()
    {
        _thread.Join();
        _host.Dispose();
        _isEnded = true;
    }
}
