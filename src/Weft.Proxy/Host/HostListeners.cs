using System.Net;
using Weft.Proxy.Admin;
using Weft.Proxy.Dns;
using Weft.Proxy.Pod;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>Every socket this proxy listens on. Control loop only.</summary>
internal sealed class HostListeners(ProxyHost host, Bootstrap bootstrap, EventLog log)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly List<(string Name, string Address)> _open = [];

    public IReadOnlyList<(string Name, string Address)> Open => _open;

    public int InboundPort { get; private set; }

    public int MetricsPort { get; private set; }

    public string InboundAddress => bootstrap.InboundBind is "0.0.0.0" or "::" ? HostAddress() : bootstrap.InboundBind;

    public string? InboundUnixSocket => bootstrap.InboundUnixSocket;

    public void OpenAdmin()
    {
        var routes = new AdminRoutes(host, log);
        if (bootstrap.AdminSocket is { } path
            && TryOpen("admin", path, () => ListenPrivate(path), fd => LoopListener.Start(host.Main, fd, new AdminServer(routes.Answer).Accept)) is not null)
        {
            _open.Add(("admin", path));
        }

        if (TryOpen("metrics", bootstrap.MetricsBind, bootstrap.MetricsPort, fd => LoopListener.Start(host.Main, fd, new AdminServer(routes.AnswerScraper).Accept)) is { } metrics)
        {
            MetricsPort = metrics.LocalAddress?.Port ?? 0;
            _open.Add(("metrics", $"{bootstrap.MetricsBind}:{MetricsPort}"));
        }
    }

    public void OpenTraffic()
    {
        OpenInbound();
        if (host.PodLink.Listeners is { } pod)
        {
            OpenPod(pod);
        }

        if (bootstrap.ExplicitOutbound is { } outbound && IPEndPoint.TryParse(outbound, out IPEndPoint? at)
            && TryOpen("explicit outbound", outbound, () => Sockets.Listen(SocketTarget.Ip(at)), host.Path.ListenExplicitOutbound) is not null)
        {
            _open.Add(("explicit-outbound", outbound));
        }

        if (bootstrap.IsGateway && host.Mesh.Workload is { } workload)
        {
            host.Path.Gateway.Bind = IPAddress.Parse(bootstrap.GatewayBind);
            host.Path.Gateway.PortMap = bootstrap.GatewayPorts;
            host.Path.Gateway.Failed = text =>
            {
                log.Write(HostLog.NotOpened, text);
                host.Loop.Post(() => host.Supervisor?.Notice(text));
            };
            host.Path.Gateway.Apply(workload);
        }

        host.Path.Listeners.CloseUnclaimed();
    }

    private void OpenInbound()
    {
        if (TryOpen("inbound", bootstrap.InboundBind, bootstrap.InboundPort, host.Path.ListenInbound) is { } listener)
        {
            InboundPort = listener.LocalAddress?.Port ?? 0;
            _open.Add(("inbound", $"{bootstrap.InboundBind}:{InboundPort}"));
        }

        if (bootstrap.InboundUnixSocket is { } path && TryOpen("inbound unix socket", path, () => ListenPrivate(path), host.Path.ListenInbound) is not null)
        {
            _open.Add(("inbound", $"unix:{path}"));
        }
    }

    private void OpenPod(PodListeners pod)
    {
        StopWithUs(host.Path.ListenOutbound(pod.OutboundTcp4));
        _open.Add(("outbound", "pod 127.0.0.1:15001"));
        if (pod.OutboundTcp6 >= 0)
        {
            StopWithUs(host.Path.ListenOutbound(pod.OutboundTcp6));
            _open.Add(("outbound", "pod [::1]:15001"));
        }

        var resolver = new MeshResolver(host.Loop, host.Mesh, host.Control.Names);
        if (pod.DnsUdp >= 0)
        {
            DatagramSocket datagrams = DatagramSocket.Open(host.Loop, pod.DnsUdp);
            host.Path.Listeners.AlsoStop(() => host.Loop.Post(datagrams.StopReceiving));
            resolver.ServeDatagrams(datagrams);
            _open.Add(("dns", "pod 127.0.0.1:53/udp"));
        }

        if (pod.DnsTcp >= 0)
        {
            StopWithUs(LoopListener.Start(host.Main, pod.DnsTcp, resolver.Accept));
            _open.Add(("dns", "pod 127.0.0.1:53/tcp"));
        }
    }

    // The pod's agent gives its sockets to each proxy itself; they need no handing over.
    private void StopWithUs(LoopListener listener) => host.Path.Listeners.AlsoStop(listener.Stop);

    private LoopListener? TryOpen(string name, string bind, int port, Func<int, LoopListener> start) =>
        TryOpen(name, $"{bind}:{port}", () => Sockets.Listen(SocketTarget.Ip(IPAddress.Parse(bind), port)), start);

    private LoopListener? TryOpen(string name, string address, Func<int> open, Func<int, LoopListener> start)
    {
        try
        {
            return host.Path.Listeners.Listen($"{name} {address}", open, start);
        }
        catch (Exception e) when (e is IOException or ArgumentException or FormatException or UnauthorizedAccessException)
        {
            log.Write(HostLog.NotOpened, $"{name}: {e.Message}");
            host.Supervisor?.Notice($"{name}: {e.Message}");
            return null;
        }
    }

    // A socket of the proxy before us is in the way; the directory is the owner's, so nobody can put theirs there in between.
    private static int ListenPrivate(string path)
    {
        File.Delete(path);
        int fd = Sockets.Listen(SocketTarget.Unix(path));
        File.SetUnixFileMode(path, OwnerOnly);
        return fd;
    }

    // Bound to every address: others dial the host's first that is not loopback.
    private static string HostAddress() => System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == System.Net.NetworkInformation.OperationalStatus.Up)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => !IPAddress.IsLoopback(a) && a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)?.ToString() ?? "127.0.0.1";
}
